import { describe, expect, it } from "vitest";
import { renderAnswer, renderRecord, type Surroundings } from "../../../lambda/widget/render.ts";
import { isWidgetCall } from "../../../lambda/widget/widget.ts";
import type { ClusterRecord } from "../../../lib/core/model.ts";
import { AT, NODE_A, sampleNode, sampleRecord, sampleWish } from "../support/records.ts";

const OPERATE = "arn:aws:lambda:eu-west-1:123456789012:function:controller:operate";
const AROUND: Surroundings = { now: AT + 5_000, operateArn: OPERATE, theme: "light" };
const render = (changes: Partial<ClusterRecord>, around: Partial<Surroundings> = {}) =>
  renderRecord(sampleRecord(changes), { ...AROUND, ...around });
const STEERING = { kind: "paused", since: AT, by: "ada", reason: "kernel update" } as const;

/** What the buttons would send, as CloudWatch reads it. */
function requests(html: string): readonly { readonly action: string }[] {
  const parts = [...html.matchAll(/<cwdb-action[^>]*>([^<]*)<\/cwdb-action>/gu)];
  return parts.map(([, payload = ""]) => JSON.parse(payload.replaceAll("&quot;", '"')) as { action: string });
}

describe("a cluster's widget", () => {
  it.each([
    [
      "that it runs, and where",
      { phase: { name: "steady", since: AT, cause: "none", active: NODE_A } },
      `Runs on ${NODE_A}.`,
    ],
    [
      "that it has not settled",
      { phase: { name: "verifying", since: AT, cause: "none", active: NODE_A } },
      "settling",
    ],
    [
      "which problem stands",
      { problem: { code: "ACTIVE_UNKNOWN", sentence: "It is silent.", since: AT, mailed: [], mailedAt: 0 } },
      "ACTIVE_UNKNOWN",
    ],
    ["that it is paused, by whom and why", { steering: STEERING }, "by ada: kernel update"],
    ["what an operator has asked for", { request: sampleWish({ phase: "stopping" }) }, "stopping"],
    [
      "the last tick's sentence",
      { last: { code: "STEADY", sentence: "It runs well.", at: AT } },
      "It runs well.",
    ],
    ["how old that is", { last: { code: "STEADY", sentence: "It runs well.", at: AT } }, "STEADY, 5 s ago"],
  ] as const)("says %s", (_what, changes, words) => {
    expect(render(changes)).toContain(words);
  });

  it("does not say that it runs where no tick has looked for long", () => {
    const html = render({ last: { code: "STEADY", sentence: "It runs.", at: AT } }, { now: AT + 600_000 });
    expect(html).toContain("No tick for 10 min");
    expect(html).not.toContain("Runs on");
  });

  it("has a row for each node, silent ones as silent", () => {
    const html = render({ nodes: { [NODE_A]: sampleNode({ silentSince: AT - 60_000 }) } });
    expect(html).toContain(NODE_A);
    expect(html).toContain("silent for 65 s");
  });

  it("calls `operate`, after a question, and names the dashboard as who asks", () => {
    const html = render({});
    const actions = [...html.matchAll(/<cwdb-action ([^>]*)>/gu)];
    expect(actions).toHaveLength(2);
    for (const [, attributes] of actions) {
      expect(attributes).toContain(`endpoint="${OPERATE}"`);
      expect(attributes).toMatch(/confirmation="[^"]+\?/u);
    }
    expect(requests(html)).toEqual(
      ["failover", "pause"].map((action) =>
        expect.objectContaining({ action, cluster: "etl", by: "dashboard" }),
      ),
    );
  });

  it("offers to resume where it is paused", () => {
    expect(requests(render({ steering: STEERING })).map(({ action }) => action)).toEqual([
      "failover",
      "resume",
    ]);
  });

  it("puts no markup of others into the page", () => {
    const evil = `"><script>alert(1)</script><cwdb-action endpoint='x'>`;
    const html = render({
      last: { code: evil, sentence: evil, at: AT },
      steering: { ...STEERING, by: evil, reason: evil },
      request: sampleWish({ by: evil, reason: evil, sentence: evil }),
      nodes: { [evil]: sampleNode() },
    });
    expect(html).not.toContain("<script");
    expect(html.match(/<cwdb-action/gu)).toHaveLength(2);
    expect(renderAnswer(evil, true)).not.toContain("<script");
  });
});

describe("a call of a widget", () => {
  it.each([
    ["CloudWatch's", { action: "status", cluster: "etl", widgetContext: {} }, true],
    ["the question what the widget is", { describe: true }, true],
    ["an operator's", { action: "status", cluster: "etl" }, false],
    ["the loop's", { action: "tick" }, false],
    ["nothing", null, false],
  ])("is told from others: %s", (_whose, event, expected) => {
    expect(isWidgetCall(event)).toBe(expected);
  });
});

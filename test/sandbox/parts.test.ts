import { describe, expect, it } from "vitest";
import { inputOf, instanceStateEvent, matches } from "../../lib/sandbox/event-bus.ts";
import { Display } from "../../lib/sandbox/display.ts";
import { parseFaultArguments, setFault } from "../../lib/sandbox/fault-command.ts";
import { countLedger } from "../../lib/sandbox/ledger.ts";
import { substitute } from "../../lib/sandbox/nodes/document.ts";
import { instanceId } from "../../lib/sandbox/nodes/node.ts";
import { combinedOutput } from "../../lib/sandbox/emulators/ssm-status.ts";
import { merge } from "../../lib/sandbox/sandbox-settings.ts";
import { rateOf } from "../../lib/sandbox/schedule.ts";

const AT = 1_800_000_000_000;

describe("the agent's substitution", () => {
  it.each([
    ["a {{ X }} b", { X: "v" }, "a v b"],
    ["{{X}}{{  X  }}", { X: "v" }, "vv"],
    ["{{ Y }}", { X: "v" }, "{{ Y }}"],
    ["pid is $$", { X: "v" }, "pid is $$"],
    ["{{ X }}", { X: "a$$b" }, "a$b"],
    ["{{ X }}", { X: "a$name ${other}b" }, "a b"],
    ["{{ X }}", { X: "'; rm -rf /" }, "'; rm -rf /"],
    ["{{ X }}", { X: ["a", "b"] }, '["a","b"]'],
  ])("makes of %j with %j %j", (text, values, expected) => {
    expect(substitute(text, values)).toBe(expected);
  });
});

describe("a node's id", () => {
  it("is one that EC2 could have given, and each node's own, for as many nodes as there are", () => {
    const ids = Array.from({ length: 128 }, (_, index) => instanceId(index + 1));
    expect(ids.filter((id) => !/^i-[0-9a-f]{17}$/u.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("the output that a list shows", () => {
  const result = { exitCode: 0, timedOut: false, startedAt: 0, endedAt: 0 };
  it("is one text of at most 2,500 characters, each part cut when both are long", () => {
    const text = combinedOutput({ ...result, stdout: "o".repeat(5000), stderr: "e".repeat(5000) });
    expect(text).toHaveLength(2500);
    expect(text).toMatch(/^o+\n---Output truncated---\n----------ERROR-------\ne+\n---Output truncated---$/u);
  });
  it("has no heading where nothing was said on standard error", () => {
    expect(combinedOutput({ ...result, stdout: "{}\n", stderr: "" })).toBe("{}\n");
  });
});

describe("the ledger", () => {
  const entry = (task: number, at: number, pid = 1, node = "a") => ({
    task,
    node,
    pid,
    started: pid,
    at: AT + at,
  });

  it("counts a task handed out twice once, and no other", () => {
    const counts = countLedger([entry(1, 0), entry(2, 250), entry(2, 300, 2, "b"), entry(3, 500)]);
    expect(counts).toMatchObject({ tasks: 3, doubleHandOuts: 1 });
  });

  it("counts as overlap only the time in which two handed out", () => {
    const one = [0, 500, 1000, 1500, 2000].map((at, index) => entry(index, at));
    const two = [1000, 2000, 3000].map((at, index) => entry(10 + index, at, 2, "b"));
    expect(countLedger([...one, ...two]).overlapSeconds).toBe(1);
  });

  it("takes a scheduler that hung for two periods of work", () => {
    const hung = [entry(1, 0), entry(2, 500), entry(3, 60_000), entry(4, 60_500)];
    const other = [5000, 6000, 7000].map((at, index) => entry(10 + index, at, 2, "b"));
    expect(countLedger([...hung, ...other])).toMatchObject({ overlapSeconds: 0, longestGapSeconds: 53 });
  });

  it("of nothing is nothing", () => {
    expect(countLedger([])).toEqual({
      tasks: 0,
      doubleHandOuts: 0,
      overlapSeconds: 0,
      longestGapSeconds: 0,
      lastAt: 0,
    });
  });
});

describe("EventBridge", () => {
  const event = instanceStateEvent(
    { account: "000000000000", region: "us-east-1", stackName: "T" },
    "i-1",
    "stopped",
  );

  it.each([
    [{ source: ["aws.ec2"], detail: { state: ["stopped", "running"] } }, true],
    [{ source: ["aws.ec2"], detail: { state: ["running"] } }, false],
    [{ detail: { "instance-id": [{ prefix: "i-" }] } }, true],
    [{ detail: { state: [{ "anything-but": ["stopped"] }] } }, false],
    [{ detail: { absent: [{ exists: false }] } }, true],
  ])("matches %j: %s", (pattern, expected) => {
    expect(matches(pattern, event)).toBe(expected);
  });

  it("refuses a matcher that it lacks by name", () => {
    expect(() => matches({ source: [{ wildcard: "*" }] }, event)).toThrow('"wildcard"');
  });

  it("gives a target what its transformer makes", () => {
    const transformer = {
      paths: { id: "$.detail.instance-id", all: "$.detail" },
      template: '{"id":<id>,"text":"is <id>","all":<all>}',
    };
    expect(JSON.parse(inputOf({ arn: "x", transformer }, event))).toEqual({
      id: "i-1",
      text: "is i-1",
      all: { "instance-id": "i-1", state: "stopped" },
    });
  });
});

describe("a schedule", () => {
  it("is a rate, and anything else is refused by name", () => {
    expect(rateOf("rate(1 minute)")).toBe(60_000);
    expect(() => rateOf("cron(0 * * * ? *)")).toThrow("cron(0 * * * ? *)");
  });
});

describe("the fault command", () => {
  it.each([
    [["kill"], { name: "kill", request: {} }],
    [["hang", "node-2", "--for", "30"], { name: "hang", request: { node: "node-2", for: 30 } }],
    [
      ["lambda-killed-at", "--call", "ssm:SendCommand", "--nth", "2"],
      { name: "lambda-killed-at", request: { call: "ssm:SendCommand", nth: 2 } },
    ],
    [[], { fault: "which fault?" }],
    [["kill", "a", "b"], { fault: "too many words: b" }],
    [["kill", "--for"], { fault: "--for needs a value" }],
  ])("reads %j", (words, expected) => {
    expect(parseFaultArguments(words)).toEqual(expected);
  });

  it("refuses an unknown fault with the valid ones, and says where no sandbox runs", async () => {
    expect(await setFault(["earthquake"], undefined)).toMatchObject({
      code: 1,
      text: expect.stringContaining("valid: kill, hang") as string,
    });
    expect(await setFault(["kill"], undefined)).toMatchObject({ code: 2 });
  });
});

describe("settings of a sandbox", () => {
  it("are merged member by member; null takes away, lists are replaced", () => {
    const base = { a: { b: 1, c: 2 }, list: [1, 2] };
    expect(merge(base, { a: { b: null, d: 3 }, list: [9] })).toEqual({ a: { c: 2, d: 3 }, list: [9] });
  });
});

describe("the display", () => {
  const shown = (isTTY: boolean) => {
    let text = "";
    const display = new Display({ isTTY, write: (part) => (text += part) });
    for (const beat of ["runs", "runs", "runs"]) display.show({ at: AT, kind: "tick", text: beat });
    display.show({ at: AT, kind: "fault", text: "kill" });
    return text;
  };
  it("writes quiet beats over on a terminal, and an event above them", () => {
    expect(shown(true).match(/\n/gu)).toHaveLength(1);
    expect(shown(true).endsWith("runs")).toBe(true);
  });
  it("prints plain lines elsewhere, a quiet beat once", () => {
    expect(shown(false).split("\n")).toHaveLength(3);
    expect(shown(false)).not.toContain("\u001B");
  });
});

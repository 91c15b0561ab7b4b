import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { proofInWords, renderMail, SUBJECT_LIMIT, type MailContext } from "../../lib/core/mail.ts";
import type { MailKind, MailNews } from "../../lib/core/model.ts";

const AT = Date.UTC(2026, 10, 24, 18, 38, 3, 42);
const KINDS: readonly MailKind[] = [
  "restart-failed",
  "failover-done",
  "problem",
  "reminder",
  "resolved",
  "recovered",
];

const context: MailContext = {
  cluster: "etl",
  active: "i-0b",
  subjectPrefix: "[scheduler-failover]",
  dashboardUrl: "https://console.aws.amazon.com/cloudwatch/home#dashboards:name=x",
  functionName: "controller",
  region: "eu-west-1",
};

const news: MailNews = {
  kind: "failover-done",
  code: "MOVED",
  sentence: "The scheduler runs on i-0b now.",
  since: AT,
  gapSeconds: 73,
  proofs: { "i-0a": { kind: "instance-stopped", at: AT, token: 0 } },
  merged: 1,
};

describe("renderMail", () => {
  it("tells what, where, since when, the gap, the proof, the next command and the dashboard", () => {
    expect(renderMail(news, context)).toEqual({
      subject: "[scheduler-failover] etl: scheduler moved: The scheduler runs on i-0b now.",
      text: [
        "What:  The scheduler runs on i-0b now.",
        "Code:  MOVED",
        "Where: cluster etl, node i-0b",
        "Since: 2026-11-24 18:38:03 UTC",
        "Gap:   73 s without a scheduler",
        "Proof: EC2 said at 2026-11-24 18:38:03 UTC that i-0a is stopped or terminated (instance-stopped)",
        "",
        "See what happened, step by step:",
        "  scheduler_failover_controller history --cluster etl",
        `  aws lambda invoke --region eu-west-1 --function-name controller:read --cli-binary-format raw-in-base64-out --payload '{"action":"history","cluster":"etl"}' /dev/stdout`,
        "",
        "Dashboard: https://console.aws.amazon.com/cloudwatch/home#dashboards:name=x",
        "",
      ].join("\n"),
    });
  });

  it.each(["restart-failed", "problem", "reminder"] as const)(
    "offers the move by hand through alias operate where somebody must act: %s",
    (kind) => {
      const { text } = renderMail({ ...news, kind }, context);
      expect(text).toContain("scheduler_failover_controller status --cluster etl");
      expect(text).toContain(
        `controller:operate --cli-binary-format raw-in-base64-out --payload '{"action":"failover"`,
      );
    },
  );

  it.each(["failover-done", "resolved", "recovered"] as const)(
    "offers reading only where all is well: %s",
    (kind) => {
      expect(renderMail({ ...news, kind }, context).text).not.toContain(":operate");
    },
  );

  it("says that no node may run the scheduler where the record names none", () => {
    const { text } = renderMail(news, { ...context, active: undefined });
    expect(text).toContain("Where: cluster etl, no node may run the scheduler now\n");
  });

  it("leaves out what is not known, and says how many pieces of news were merged", () => {
    const bare: MailNews = { kind: "problem", code: "HOLD", sentence: "s", since: AT, merged: 3 };
    const { text } = renderMail(bare, context);
    expect(text).not.toContain("Gap:");
    expect(text).not.toContain("Proof:");
    expect(text).toContain("Merged: this mail stands for 3 pieces of news\n");
  });

  it("keeps the lines of a sentence with line breaks below each other", () => {
    const { text } = renderMail({ ...news, sentence: "It said:\r\nno disk\nleft\n" }, context);
    expect(text).toContain("What:  It said:\n       no disk\n       left\nCode:");
  });

  it("has a subject of one short line of printable ASCII, whatever the sentence holds", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 400 }),
        fc.constantFrom(...KINDS),
        (sentence, kind) => {
          const { subject } = renderMail({ ...news, kind, sentence }, context);
          expect(subject).toMatch(/^[\x20-\x7e]+$/);
          expect(subject.length).toBeLessThanOrEqual(SUBJECT_LIMIT);
          expect(subject.startsWith("[scheduler-failover] etl: ")).toBe(true);
        },
      ),
    );
  });
});

describe("proofInWords", () => {
  it.each([
    [
      "reported-stopped",
      "i-0a reported at 2026-11-24 18:38:03 UTC that it runs no scheduler and cannot start one, in answer to plan 17",
    ],
    ["grant-expired", "the grant of i-0a was over at 2026-11-24 18:38:03 UTC"],
    ["instance-stopped", "EC2 said at 2026-11-24 18:38:03 UTC that i-0a is stopped or terminated"],
    [
      "operator-override",
      "an operator declared at 2026-11-24 18:38:03 UTC that i-0a runs no scheduler; nothing else proves it",
    ],
  ] as const)("puts %s into words and keeps its name", (kind, words) => {
    const sentence = proofInWords("i-0a", { kind, at: AT, token: 17 });
    expect(sentence).toContain(words);
    expect(sentence).toContain(`(${kind})`);
  });
});

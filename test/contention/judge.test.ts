import { describe, expect, it } from "vitest";
import type { EffectFact, Fact, SchedulerFact, WriteFact } from "./facts.ts";
import { judge, type Rule } from "./judge.ts";
import { unconditional, writeOf } from "./writes.ts";

const write = (from: string, to: string, changes: Partial<WriteFact> = {}): WriteFact => {
  const [token = "", nonce = ""] = to.split("/");
  return {
    kind: "write",
    at: 0,
    worker: "W1",
    from,
    token: Number(token),
    nonce,
    plan: `plan-${token}`,
    applied: true,
    ...changes,
  };
};
const effect = (node: string, token: number, changes: Partial<EffectFact> = {}): EffectFact => ({
  kind: "effect",
  at: 0,
  worker: "W1",
  node,
  token,
  plan: `plan-${token}`,
  accepted: true,
  ...changes,
});
const scheduler = (kind: SchedulerFact["kind"], node: string): SchedulerFact => ({ kind, at: 0, node });

const sound: readonly Fact[] = [
  write("none", "1/a"),
  write("none", "2/b", { applied: false }),
  effect("n1", 1),
  write("1/a", "1/c", { plan: "plan-1" }),
  write("1/c", "3/d"),
  effect("n1", 3),
  effect("n2", 1),
  effect("n2", 3),
  effect("n2", 1, { accepted: false }),
  scheduler("started", "n1"),
  scheduler("ended", "n1"),
  scheduler("started", "n2"),
];

describe("the observer", () => {
  it("has nothing to say of plans that follow one another, and counts", () => {
    const verdict = judge(sound);
    expect(Object.values(verdict.violations)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(verdict).toMatchObject({ attempts: 4, lost: 1, tokens: 2, effects: 4, fenced: 1, starts: 2 });
  });

  it.each<[Rule, readonly Fact[]]>([
    ["overlap", [effect("n1", 1)]],
    [
      "shared",
      [write("3/d", "4/e"), write("4/e", "4/f"), effect("n1", 4), effect("n2", 4, { plan: "plan-4'" })],
    ],
    ["fork", [write("1/a", "5/g")]],
    ["backwards", [write("3/d", "2/h")]],
    ["backwards", [write("3/d", "3/h", { plan: "another" })]],
    ["unwritten", [effect("n1", 9)]],
    ["two", [scheduler("started", "n1")]],
  ])("finds: %s", (rule, more) => {
    const { violations, examples } = judge([...sound, ...more]);
    expect(violations[rule]).toBe(1);
    expect(examples.length).toBeGreaterThan(0);
  });
});

describe("a write on the wire", () => {
  const values = {
    ":token": { N: "2" },
    ":nonce": { S: "b" },
    ":expectedToken": { N: "1" },
    ":expectedNonce": { S: "a" },
    ":plan": {
      M: {
        token: { N: "2" },
        active: { S: "i-1" },
        life: { S: "l" },
        mode: { S: "run" },
        others: { S: "stop" },
        until: { N: "7" },
        invocation: { S: "none" },
      },
    },
  };

  it("is read with what it expects to find", () => {
    const plan = "2 i-1 l run stop 7 none";
    expect(writeOf({ ExpressionAttributeValues: values })).toEqual({
      from: "1/a",
      token: 2,
      nonce: "b",
      plan,
    });
  });

  it("is none where it holds no plan", () => {
    expect(writeOf({ ExpressionAttributeValues: { ":request": { M: {} } } })).toBeUndefined();
  });

  it("keeps its condition's names in the mutation that makes it unconditional", () => {
    expect(unconditional({ ConditionExpression: "#token = :expectedToken" })).toEqual({
      ConditionExpression: "(#token = :expectedToken) OR attribute_exists(pk) OR attribute_not_exists(pk)",
    });
  });
});

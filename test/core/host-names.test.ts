import { describe, expect, it } from "vitest";
import { sameHostNames } from "../../lib/core/host-names.ts";
import { answers, node } from "./support/situation.ts";

const named = (id: string, host?: string) =>
  node(id, "stopped", { report: answers(id, "stopped", host === undefined ? {} : { host }) });

describe("host names", () => {
  it("that several nodes have are told, each with its nodes", () => {
    const nodes = { c: named("c", "etl"), b: named("b", "other"), a: named("a", "etl") };
    expect(sameHostNames({ nodes })).toEqual([
      expect.stringMatching(/^a and c have the same host name, etl: .*Give each its own\.$/),
    ]);
  });

  it("that are not told are not the same", () => {
    const nodes = {
      a: named("a"),
      b: named("b"),
      c: named("c", ""),
      d: node("d", "stopped", { report: undefined }),
    };
    expect(sameHostNames({ nodes })).toEqual([]);
  });
});

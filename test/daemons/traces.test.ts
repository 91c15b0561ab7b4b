/** The judges of the suites of real daemons: what they make of traces in which something is amiss. */
import { describe, expect, it } from "vitest";
import { countEvaluations } from "./evaluations.ts";
import { countTasks, lostInstants, type Trace } from "./traces.ts";

const AT = Date.parse("2026-01-01T00:00:00Z");

/** "begin run node/pid second" */
function traces(...lines: readonly string[]): readonly Trace[] {
  return lines.map((line) => {
    const [what = "", run = "", by = "", second = ""] = line.split(" ");
    const [node = "", pid = ""] = by.split("/");
    return {
      what: what === "begin" ? "begin" : "end",
      dag: "steady",
      run,
      node,
      pid: Number(pid),
      at: AT + Number(second) * 1000,
    };
  });
}

describe("tasks, by their beginnings and ends", () => {
  it("finds one that was under way twice at a time", () => {
    const found = countTasks(traces("begin r1 a/1 0", "begin r1 b/2 1", "end r1 a/1 2", "end r1 b/2 3"));
    expect(found).toEqual({ begun: 1, ended: 1, twice: 1, again: 0, doneAgain: 0 });
  });

  it("tells one that was begun again after it was killed from one whose work was done twice", () => {
    const killed = traces("begin r1 a/1 0", "begin r1 b/2 5", "end r1 b/2 6");
    const done = traces("begin r2 a/3 0", "end r2 a/3 1", "begin r2 b/4 5", "end r2 b/4 6");
    expect(countTasks([...killed, ...done])).toEqual({
      begun: 2,
      ended: 2,
      twice: 0,
      again: 2,
      doneAgain: 1,
    });
  });

  it("misses the instant whose task never ended, and none that is not due yet", () => {
    const instant = (second: number) => `scheduled__${new Date(AT + second * 1000).toISOString()}`;
    const done = [0, 20].flatMap((second) => [
      `begin ${instant(second)} a/1 ${second + 11}`,
      `end ${instant(second)} a/1 ${second + 12}`,
    ]);
    const all = traces(...done, `begin ${instant(10)} a/1 21`);
    expect(lostInstants(all, "steady", 10, AT + 45_000)).toEqual([new Date(AT + 10_000).toISOString()]);
  });
});

describe("a sensor's evaluations, by their numbers", () => {
  it("counts none twice where each daemon goes on from the other's number", () => {
    const found = countEvaluations(traces("end 1 a/7 0", "end 2 a/7 3", "end 3 b/9 9"));
    expect(found).toEqual({ made: 3, twice: 0, again: 0 });
  });

  it("counts one as made again where the first daemon is done for good", () => {
    const found = countEvaluations(traces("end 1 a/7 0", "end 2 a/7 3", "end 2 b/9 9", "end 3 b/9 12"));
    expect(found).toEqual({ made: 3, twice: 0, again: 1 });
  });

  it("counts one as made by two at a time where the first daemon goes on, whichever ends last", () => {
    const found = countEvaluations(
      traces("end 1 a/7 0", "end 1 b/9 1", "end 2 b/9 4", "end 2 a/7 5", "end 3 b/9 8"),
    );
    expect(found).toEqual({ made: 3, twice: 2, again: 0 });
  });
});

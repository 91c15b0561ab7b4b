import { describe, expect, it } from "vitest";
import { noteInstances } from "../../lib/core/notes.ts";
import { distrusted, proofOf, proofsBut, stopByAfter, unprovenBut } from "../../lib/core/proof.ts";
import type { NodeRecord, NodeReport, NodeState, StopBy } from "../../lib/core/model.ts";
import {
  NOW,
  SECOND,
  TOKEN,
  answers,
  instances,
  node,
  proven,
  recordWith,
  settingsWith,
} from "./support/situation.ts";

const settings = settingsWith();
const GRACE = settings.timers.killGraceSeconds * SECOND;
const SKEW = settings.timers.skewSeconds * SECOND;
const GRANT = settings.timers.grantSeconds * SECOND;
const { plan } = recordWith();
const armed = { guard: "armed", gate: "installed", grantUntil: plan.until } as const;

function after(id: "a" | "b", known: NodeRecord, report: NodeReport, others = plan.others): StopBy {
  return stopByAfter(id, known, report, { ...plan, others }, settings, NOW).stopBy;
}

describe("a node's own word", () => {
  it("proves it stopped in answer to a stop", () => {
    const noted = stopByAfter("b", node("b", "running"), answers("b", "stopped"), plan, settings, NOW);
    expect(noted).toEqual({ stopBy: "never", proof: { kind: "reported-stopped", at: NOW, token: TOKEN } });
  });

  it("is no proof in answer to a look", () => {
    expect(after("b", node("b", "running"), answers("b", "stopped"), "look")).toBe("ever");
  });

  it("is no proof from the active node: systemd may still bring a failed start back", () => {
    expect(after("a", node("a", "running"), answers("a", "stopped"))).toBe("ever");
  });

  it("is no proof where the gate could not be installed", () => {
    expect(after("b", node("b", "running"), answers("b", "stopped", { gate: "failed" }))).toBe("ever");
  });

  it.each<NodeState>(["running", "starting", "stopping", "overridden"])(
    "takes its proof back: %s",
    (state) => {
      expect(after("b", proven("b"), answers("b", state))).toBe("ever");
    },
  );

  it.each<NodeState>(["busy", "refused"])(
    "neither proves nor disproves where it did not look: %s",
    (state) => {
      expect(after("b", proven("b"), answers("b", state))).toBe("never");
      expect(after("b", node("b", "running"), answers("b", state))).toBe("ever");
    },
  );
});

describe("time", () => {
  it("proves nothing before a whole clock difference has passed after the kill grace's end", () => {
    const stops = node("a", "running", { stopBy: NOW });
    expect(proofOf(stops, settings, NOW + SKEW)).toBeUndefined();
    expect(proofOf(stops, settings, NOW + SKEW + 1)).toEqual({
      kind: "grant-expired",
      at: NOW + SKEW,
      token: 0,
    });
  });

  it("proves nothing of a node that is overridden: its guard lets live what a hand has permitted", () => {
    const bounded = node("a", "running", { stopBy: NOW + GRANT });
    expect(after("a", bounded, answers("a", "overridden", armed))).toBe("ever");
    expect(after("a", node("a", "running"), answers("a", "overridden", armed))).toBe("ever");
  });

  it("bounds a node from its first answer with an armed guard on: grant's end and kill grace", () => {
    expect(after("a", node("a", "running"), answers("a", "running", armed))).toBe(plan.until + GRACE);
  });

  it.each([
    { says: "has no guard", report: { ...armed, guard: "none" } as const },
    { says: "holds no grant", report: { ...armed, grantUntil: 0 } },
    {
      says: "has a clock that is behind by more than the bound",
      report: { ...armed, clock: NOW - SKEW - 1 },
    },
  ])("does not bound a node that $says", ({ report }) => {
    expect(after("a", node("a", "running"), answers("a", "running", report))).toBe("ever");
  });

  it("bounds a node no more that has lost its guard", () => {
    const bounded = node("a", "running", { stopBy: NOW + GRANT });
    expect(after("a", bounded, answers("a", "running", { guard: "failed" }))).toBe("ever");
  });
});

describe("EC2's word", () => {
  const word = (instance: string, record = recordWith()) =>
    noteInstances(record, instances({ a: "running", b: instance }), NOW);

  it.each(["stopped"])("%s proves that a node runs nothing, and ends its life", (instance) => {
    expect(word(instance).nodes["b"]).toMatchObject({
      life: "unknown",
      stopBy: "never",
      proof: { kind: "instance-stopped" },
    });
  });

  it.each(["pending", "running", "stopping", "shutting-down", "unknown"])("%s proves nothing", (instance) => {
    const record = recordWith({ nodes: { a: node("a", "running"), b: node("b", "running") } });
    expect(word(instance, record).nodes["b"]?.stopBy).toBe("ever");
  });

  it("proves nothing where the instance hibernates: it wakes with its processes", () => {
    const hibernated = [{ id: "b", instance: "stopped", hibernates: true }];
    const record = recordWith({ nodes: { b: node("b", "running") } });
    expect(noteInstances(record, hibernated, NOW).nodes["b"]?.stopBy).toBe("ever");
  });

  it("holds for as long as it is said: a node that boots may start what its image starts", () => {
    expect(word("running", word("stopped")).nodes["b"]).toMatchObject({ stopBy: "ever" });
    expect(noteInstances(word("stopped"), "unheard", NOW).nodes["b"]).toMatchObject({ stopBy: "ever" });
  });

  it("leaves alone what a node proved by its own word", () => {
    expect(word("running").nodes["b"]).toMatchObject({
      stopBy: "never",
      proof: { kind: "reported-stopped" },
    });
  });

  it("terminated takes a node off the record, unless it is the active one", () => {
    expect(Object.keys(word("terminated").nodes)).toEqual(["a"]);
    const gone = noteInstances(recordWith(), instances({ a: "terminated", b: "running" }), NOW);
    expect(gone.nodes["a"]).toMatchObject({ stopBy: "never" });
  });

  it("that it does not know an instance any more counts as terminated after a minute, however many ticks", () => {
    const missing = (record: ReturnType<typeof recordWith>, seconds: number) =>
      noteInstances(record, instances({ a: "running" }), NOW + seconds * 1000);
    const often = [0, 1, 2, 59].reduce(missing, recordWith());
    expect(often.nodes["b"]).toMatchObject({ instance: "missing", missing: NOW });
    expect(Object.keys(missing(often, 60).nodes)).toEqual(["a"]);
  });
});

describe("distrust", () => {
  it("leaves no proof by a node's own word", () => {
    expect(distrusted(proven("b"))).toMatchObject({ stopBy: "ever", proof: undefined });
  });

  it("believes no time, since somebody may have opened the gate of the grant's holder by hand", () => {
    const bounded = node("a", "running", { guard: "armed", stopBy: NOW - 60 * SECOND });
    expect(distrusted(bounded).stopBy).toBe("ever");
  });
});

describe("what a start rests on", () => {
  const record = recordWith({ nodes: { a: node("a", "running"), b: proven("b"), c: node("c", "stopped") } });

  it("is a proof for every node but the target", () => {
    expect(unprovenBut("a", record, settings, NOW)).toEqual(["c"]);
    expect(unprovenBut("c", record, settings, NOW)).toEqual(["a"]);
    expect(unprovenBut(undefined, record, settings, NOW)).toEqual(["a", "c"]);
  });

  it("is told by node", () => {
    expect(proofsBut("a", record, settings, NOW)).toEqual({ b: record.nodes["b"]?.proof });
  });
});

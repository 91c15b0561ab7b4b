import { describe, expect, it } from "vitest";
import { commit, draftPlan } from "../../lib/core/plan.ts";
import type { ClusterRecord, NodeRecord } from "../../lib/core/model.ts";
import {
  NOW,
  SECOND,
  TOKEN,
  answers,
  lifeOf,
  node,
  proven,
  recordWith,
  settingsWith,
} from "./support/situation.ts";

const settings = settingsWith();
const GRACE = settings.timers.killGraceSeconds * SECOND;
const FRESH = NOW + settings.timers.grantSeconds * SECOND;
const stamp = { token: TOKEN + 1, nonce: "n", holder: "request", leaseUntil: NOW + 25 * SECOND, at: NOW };

const guarded = (changes: Partial<NodeRecord> = {}) =>
  node("a", "running", { guard: "armed", stopBy: NOW + 147 * SECOND, ...changes });

function promisedTo(record: ClusterRecord): NodeRecord | undefined {
  return commit(record, draftPlan(record, settings, NOW), stamp, settings).nodes["a"];
}

describe("a plan", () => {
  it("is written with its token, its nonce and the lease", () => {
    const record = recordWith();
    const written = commit(record, draftPlan(record, settings, NOW), stamp, settings);
    expect(written).toMatchObject({
      token: stamp.token,
      nonce: "n",
      savedAt: NOW,
      lease: { until: stamp.leaseUntil },
    });
    expect(written.plan).toMatchObject({ token: stamp.token, active: "a", life: lifeOf("a"), until: FRESH });
  });

  it("promises for ever where no guard is armed", () => {
    expect(promisedTo(recordWith())).toMatchObject({ stopBy: "ever", proof: undefined });
  });

  it("promises an instant where the guard is armed: the grant's end and the kill grace", () => {
    expect(promisedTo(recordWith({ nodes: { a: guarded(), b: proven("b") } }))?.stopBy).toBe(FRESH + GRACE);
  });

  it("never takes back what was promised before", () => {
    const later = guarded({ stopBy: FRESH + GRACE + 60 * SECOND });
    expect(promisedTo(recordWith({ nodes: { a: later, b: proven("b") } }))?.stopBy).toBe(later.stopBy);
    expect(
      promisedTo(recordWith({ nodes: { a: guarded({ stopBy: "ever" }), b: proven("b") } }))?.stopBy,
    ).toBe("ever");
  });

  it("promises no later end to a node that has not answered the last plan", () => {
    const silent = guarded({ report: answers("a", "running", { token: TOKEN - 1 }) });
    const record = recordWith({ nodes: { a: silent, b: proven("b") } });
    expect(draftPlan(record, settings, NOW).until).toBe(record.plan.until);
  });

  it("promises no later end to a node that answers and refuses again", () => {
    const refuses = guarded({ report: answers("a", "refused"), evasiveSince: NOW - 20 * SECOND });
    const record = recordWith({ nodes: { a: refuses, b: proven("b") } });
    expect(draftPlan(record, settings, NOW).until).toBe(record.plan.until);
  });

  it("promises a later end after a first refusal: another grant may be what helps", () => {
    const refused = guarded({ report: answers("a", "refused"), evasiveSince: NOW - 10 * SECOND });
    expect(draftPlan(recordWith({ nodes: { a: refused, b: proven("b") } }), settings, NOW).until).toBe(FRESH);
  });

  it("grants anew what is over for certain", () => {
    const over = guarded({ report: answers("a", "running", { token: TOKEN - 1 }), stopBy: NOW - 6 * SECOND });
    const record = recordWith({ nodes: { a: over, b: proven("b") } });
    expect(draftPlan(record, settings, NOW).until).toBe(FRESH);
  });

  it("takes the proof of the node that it lets run", () => {
    const record = recordWith({
      phase: { name: "starting", active: "b", from: "a" },
      nodes: { a: proven("a"), b: proven("b") },
    });
    const written = commit(record, draftPlan(record, settings, NOW), stamp, settings);
    expect(written.nodes["b"]).toMatchObject({ stopBy: "ever", proof: undefined });
    expect(written.nodes["a"]).toMatchObject({ stopBy: "never" });
  });

  it("only holds a scheduler whose starts in place are used up: it is not the node that decides on the next", () => {
    const record = recordWith({ counters: { restarts: 1 } });
    expect(draftPlan(record, settings, NOW).mode).toBe("hold");
  });

  it("asks for a restart only as long as the invocation that was judged runs", () => {
    const phase = { name: "starting", restartOf: "run-a" } as const;
    expect(draftPlan(recordWith({ phase }), settings, NOW)).toMatchObject({
      mode: "restart",
      invocation: "run-a",
    });
    expect(draftPlan(recordWith({ phase: { ...phase, restartOf: "older" } }), settings, NOW)).toMatchObject({
      mode: "run",
      invocation: "none",
    });
  });
});

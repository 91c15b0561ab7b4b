/** The small world: two nodes, and the settings of their cluster. */
import type { TickContext } from "../../lambda/tick.ts";
import type { NodeId } from "../../lib/core/model.ts";
import { DEFAULTS } from "../../lib/core/settings.ts";
import type { ClusterSettings } from "../../lib/core/settings.ts";

export const NODES: readonly NodeId[] = ["i-a", "i-b"];
export const BEGIN = Date.UTC(2027, 0, 15, 8, 0, 0);
export const SECOND = 1000;
/** A round whose answers are all there takes no time; one that waits in vain takes so long. */
export const ANSWERED = 0;
export const IN_VAIN = 9000;

export const settings: ClusterSettings = {
  nodes: { instanceIds: NODES, prefer: [], exclude: [] },
  scheduler: { unit: "airflow-scheduler.service" },
  timers: DEFAULTS.timers,
  guard: "on",
  fence: "none",
  startIn: "run",
};
const alerts = { ...DEFAULTS.alerts, from: "from@example.org", to: ["ops@example.org"] };
const { grantSeconds, killGraceSeconds, skewSeconds, settleSeconds } = settings.timers;

export const BOUND_SECONDS = grantSeconds + 2 * killGraceSeconds + skewSeconds + settleSeconds + 300;

/** Of one tick, named by its order. */
export function contextOf(name: string): TickContext {
  return {
    cluster: "etl",
    settings,
    alerts,
    dashboardUrl: "https://example.org/dashboard",
    functionName: "controller",
    region: "eu-west-1",
    owner: "arn:aws:dynamodb:eu-west-1:123456789012:table/t",
    beatSeconds: 10,
    startedAt: BEGIN,
    holder: name,
    // A tick may take the record over at any moment: safety does not rest on the lease.
    takeOver: true,
  };
}

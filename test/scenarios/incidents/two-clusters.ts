import { BEAT_SECONDS, CLUSTER, SLOW_CLUSTER } from "../deployments.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

/** Each way: a tick of that cluster takes more than twice as long, longer than a beat. */
const SLOW_SECONDS = 3;
/** So many slow ticks are watched. */
const SLOW_TICKS = 3;

export const twoClusters: Scenario = {
  name: "two-clusters",
  imitates: "One deployment, two clusters; the nodes of one answer each command only after seconds.",
  expects:
    "The other cluster keeps its beat and has its dead scheduler started again, and the slow cluster's is left alone.",
  deployment: "two-clusters",
  history: ["COLD_START", "STARTS", "STARTED", "VERIFIED", "RESTARTED", "RECOVERED", "VERIFIED"],
  mails: { RECOVERED: [1, 1] },
  async play(stage) {
    await stage.begun();
    const node = stage.active(CLUSTER);
    const slow = stage.runs(SLOW_CLUSTER).join();
    const slowNodes = [stage.active(SLOW_CLUSTER), stage.standby(SLOW_CLUSTER)];
    for (const one of slowNodes) await stage.fault("ssm-slow", { node: one, seconds: SLOW_SECONDS });
    const slowTicks = (since: number) =>
      stage.events.filter(
        ({ at, data }) =>
          at >= since &&
          data?.["cluster"] === SLOW_CLUSTER &&
          Number(data["milliseconds"]) > BEAT_SECONDS * 1000,
      );
    const watched = Date.now();
    await stage.until("ticks last longer than a beat", () => slowTicks(watched).length >= SLOW_TICKS, 60);
    keptItsBeat(stage, watched);
    // The worst instant: the own tick has just looked, the other cluster's of the same invocation still waits.
    const since = Date.now();
    await stage.until("a tick finds it well", () => stage.ticks(["STEADY"], since).length > 0, 40);
    await stage.incident("kill", { node });
    await stage.detected(["RESTARTED"], 40);
    await stage.restored(40, node);
    await stage.calm();
    if (stage.runs(SLOW_CLUSTER).join() !== slow)
      throw new Error("the slow cluster's scheduler was not left alone");
    await stage.fault("clear");
    await stage.calm(40, SLOW_CLUSTER);
  },
};

/** Ticks end sooner or later after their beat; two beats apart would be one that was left out. */
function keptItsBeat(stage: Stage, since: number): void {
  const ends = stage.ticks(["STEADY"], since).map(({ at }) => at);
  const gaps = ends.slice(1).map((at, n) => (at - (ends[n] ?? 0)) / 1000);
  if (gaps.length < SLOW_TICKS || Math.max(...gaps) > 1.5 * BEAT_SECONDS) {
    throw new Error(`the other cluster's ticks came after ${gaps.map((gap) => gap.toFixed(1)).join(", ")} s`);
  }
}

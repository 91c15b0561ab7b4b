import { CLUSTER, SLOW_CLUSTER } from "../deployments.ts";
import type { Scenario } from "../scenario.ts";

/** Each way: a tick of that cluster takes more than twice as long, longer than a beat. */
const SLOW_SECONDS = 2;

export const twoClusters: Scenario = {
  name: "two-clusters",
  imitates: "One deployment, two clusters; the nodes of one answer each command only after seconds.",
  expects:
    "The other cluster's dead scheduler is started again as soon as that tick is over, and the slow cluster's is left alone.",
  deployment: "two-clusters",
  history: ["COLD_START", "STARTS", "STARTED", "VERIFIED", "RESTARTED", "RECOVERED", "VERIFIED"],
  mails: { RECOVERED: [1, 1] },
  async play(stage) {
    await stage.begun();
    const node = stage.active(CLUSTER);
    const slow = stage.runs(SLOW_CLUSTER).join();
    const slowNodes = [stage.active(SLOW_CLUSTER), stage.standby(SLOW_CLUSTER)];
    for (const one of slowNodes) await stage.fault("ssm-slow", { node: one, seconds: SLOW_SECONDS });
    const isSlow = ({ data }: (typeof stage.events)[number]) =>
      data?.["cluster"] === SLOW_CLUSTER && Number(data["milliseconds"]) > 2 * SLOW_SECONDS * 1000;
    await stage.until("the slow cluster's ticks are slow", () => stage.events.some(isSlow), 40);
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

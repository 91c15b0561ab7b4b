import { UpdateRefused } from "../../../lib/sandbox/update.ts";
import { BEAT_SECONDS, CLUSTER, DEPLOYMENTS } from "../deployments.ts";
import type { Scenario } from "../scenario.ts";

const { settings } = DEPLOYMENTS.quick;
const own = settings.clusters[CLUSTER];

/** Another node script, another document name and another code asset: what every new version of the product is. */
const CHANGED = {
  ...settings,
  clusters: { [CLUSTER]: { ...own, timers: { ...own.timers, killGraceSeconds: 3, settleSeconds: 7 } } },
};
/** A beat is in the definition of the loop, which the sandbox cannot change. */
const IMPOSSIBLE = { ...settings, beatSeconds: BEAT_SECONDS + 1 };

export const deployedAnew: Scenario = {
  name: "deployed-anew",
  imitates:
    "A new version is deployed while the scheduler runs, a deployment is refused, and the version is taken back.",
  expects: "The very process goes on through all of it; nobody is mailed.",
  history: ["COLD_START", "STARTS", "STARTED", "VERIFIED"],
  mails: {},
  async play(stage) {
    await stage.begun();
    const before = stage.runs().join();
    stage.begins();
    await stage.sandbox.deploy(CHANGED);
    await stage.calm();
    const refused = await stage.sandbox.deploy(IMPOSSIBLE).catch((error: unknown) => error);
    if (!(refused instanceof UpdateRefused)) throw new Error(`not refused: ${String(refused)}`);
    await stage.sandbox.deploy(settings);
    await stage.calm();
    stage.detectedAt = stage.incidentAt;
    stage.over();
    const after = stage.runs().join();
    if (before !== after) throw new Error(`not the same process: ${before} before, ${after} after`);
  },
};

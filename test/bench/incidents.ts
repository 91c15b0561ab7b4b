/**
 * The incidents that the tour shows and the benchmark measures, on the scenarios' own stage: what befalls the scheduler,
 * when the controller says that it has seen it, and when one scheduler works again.
 */
import type { SandboxEvent } from "../../lib/sandbox/events.ts";
import { CLUSTER, DEPLOYMENTS } from "../scenarios/deployments.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { Stage } from "../scenarios/stage.ts";

export type IncidentName = "killed" | "hung" | "node stopped" | "switchover" | "cut off";

export interface Incident {
  readonly name: IncidentName;
  /** Lets it happen, and waits until one scheduler works again. */
  readonly happen: (stage: Stage) => Promise<void>;
  /** Puts right what the incident has left broken, so that the next one finds two good nodes. */
  readonly repair: (stage: Stage) => Promise<void>;
}

/** Seconds. */
export interface Measured {
  readonly name: IncidentName;
  /** Until the controller says that something is so. */
  readonly detection: number;
  /** From then until the next scheduler hands out its first task. */
  readonly action: number;
  readonly total: number;
  readonly withoutScheduler: number;
  readonly withTwo: number;
}

const { grantSeconds, killGraceSeconds, skewSeconds } = DEPLOYMENTS.quick.settings.clusters[CLUSTER].timers;
/** Until a silent node is proven to have stopped; then a beat, and a start. */
const CUT_OFF_SECONDS = grantSeconds + killGraceSeconds + skewSeconds + 40;
const SETTLED = /^(?:STEADY.*|VERIFIED)$/u;
/** Codes of ticks and transitions in which nothing has happened. */
const CALM = /^(?:STEADY.*|VERIFYING|VERIFIED)$/u;

export const INCIDENTS: readonly Incident[] = [
  { name: "killed", happen: (stage) => befalls(stage, "kill", 30), repair: nothing },
  { name: "hung", happen: (stage) => befalls(stage, "hang", 60), repair: nothing },
  { name: "node stopped", happen: (stage) => befalls(stage, "crash", 60), repair: bootsAgain },
  { name: "switchover", happen: switchOver, repair: nothing },
  { name: "cut off", happen: (stage) => befalls(stage, "cut-off", CUT_OFF_SECONDS), repair: isReachedAgain },
];

/** A stage needs a scenario's deployment and nothing else of it. */
export const STAGED: Scenario = {
  name: "staged",
  imitates: "",
  expects: "",
  history: [],
  mails: {},
  play: () => Promise.resolve(),
};

/** After `happen`, when the controller has told all of it. */
export async function measure(stage: Stage, name: IncidentName): Promise<Measured> {
  const { incidentAt, restoredAt, watcher } = stage;
  const { two, none } = watcher.between(CLUSTER, incidentAt, Infinity);
  // A killed scheduler is started by the very command that finds it gone: it may work before the tick has said so.
  const detectedAt = Math.min(stage.detectedAt, await decidedAt(stage), restoredAt);
  return {
    name,
    detection: (detectedAt - incidentAt) / 1000,
    action: (restoredAt - detectedAt) / 1000,
    total: (restoredAt - incidentAt) / 1000,
    withoutScheduler: none,
    withTwo: two,
  };
}

/** A tick that carries a move through tells its line at its end; the history has the instant of the decision. */
async function decidedAt({ operator, incidentAt }: Stage): Promise<number> {
  const entries = await operator.history(CLUSTER);
  return entries.map(({ at }) => Date.parse(at)).find((at) => at >= incidentAt) ?? Infinity;
}

async function befalls(
  stage: Stage,
  fault: "kill" | "hang" | "crash" | "cut-off",
  within: number,
): Promise<void> {
  await stage.incident(fault, { node: stage.active() });
  await isBack(stage, within);
}

async function switchOver(stage: Stage): Promise<void> {
  const to = stage.standby();
  stage.begins();
  const reply = await stage.operate("switchover", { to, by: "an operator", reason: "planned" });
  if (reply["ok"] !== true) throw new Error(`the switchover was refused: ${JSON.stringify(reply)}`);
  await isBack(stage, 60);
}

async function isBack(stage: Stage, within: number): Promise<void> {
  await stage.noticed("the controller has seen it", isSeen, 60);
  await stage.restored(within);
  const since = stage.restoredAt;
  const isSettled = ({ kind, at, data }: SandboxEvent): boolean =>
    kind === "tick" && at >= since && isOurs(data) && SETTLED.test(String(data?.["code"]));
  await stage.until("the scheduler has settled", () => stage.events.some(isSettled), 60);
}

function isSeen({ kind, data }: SandboxEvent): boolean {
  const isWord = kind === "tick" || kind === "transition";
  return isWord && isOurs(data) && data?.["outcome"] !== "standby" && !isCalm(data);
}

/** Another cluster of the deployment may have troubles of its own. */
function isOurs(data: SandboxEvent["data"]): boolean {
  return data?.["cluster"] === CLUSTER;
}

function isCalm(data: SandboxEvent["data"]): boolean {
  return CALM.test(String(data?.["code"]));
}

async function bootsAgain(stage: Stage): Promise<void> {
  const node = stage.standby();
  await stage.fault("bring-back", { node });
  const isReachable = () =>
    stage.sandbox.state().nodes.some(({ id, agent }) => id === node && agent === "reachable");
  await stage.until("the node has booted", isReachable, 30);
}

async function isReachedAgain(stage: Stage): Promise<void> {
  await stage.fault("clear");
}

function nothing(): Promise<void> {
  return Promise.resolve();
}

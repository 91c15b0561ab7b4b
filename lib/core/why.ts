/** Why the controller does what it does, or does not: read off the record, for whoever asks between two ticks. */
import { recentMoves } from "./facts.ts";
import { formatForPeople } from "./instants.ts";
import { isGone } from "./notes.ts";
import { UNKNOWN_NODE, proofOf, unprovenBut } from "./proof.ts";
import { MOVES, courseOf, effectiveSettings } from "./steering.ts";
import type { Course } from "./steering.ts";
import { targetObstacle } from "./wishes.ts";
import type { ClusterRecord, Instant, NodeId, NodeRecord, Proof } from "./model.ts";
import type { ClusterSettings } from "./settings.ts";

export interface Why {
  readonly course: Course;
  /** What it waits for, each a sentence. */
  readonly waitsFor: readonly string[];
  readonly nodes: readonly WhyNode[];
  readonly limits: Limits;
}

export interface WhyNode {
  readonly id: NodeId;
  readonly active: boolean;
  readonly proof?: Proof | undefined;
  /** What is missing for a proof that it runs no scheduler; absent where it is proven. */
  readonly missing?: string | undefined;
  /** Why the scheduler could not go there now; absent where it could. */
  readonly obstacle?: string | undefined;
}

/** What bounds starts in place, attempts, and moves away from a running scheduler. */
export interface Limits {
  readonly restarts: number;
  readonly restartLimit: number;
  readonly attempts: number;
  /** No attempt before then, where nothing runs. */
  readonly retryAt: Instant;
  readonly movesWithinHour: number;
  readonly failoversPerHour: number;
  /** Until the next move away from a running scheduler. */
  readonly cooldownSecondsLeft: number;
}

/** `settings`: as they are deployed; what operators have changed is on the record. */
export function whyOf(record: ClusterRecord, settings: ClusterSettings, now: Instant): Why {
  const effective = effectiveSettings(record, settings);
  return {
    course: courseOf(record, settings),
    waitsFor: waitsFor(record, effective, now),
    nodes: Object.entries(record.nodes).map(([id, node]) => whyNode(id, node, record, effective, now)),
    limits: limitsOf(record, settings, now),
  };
}

function whyNode(
  id: NodeId,
  node: NodeRecord,
  record: ClusterRecord,
  settings: ClusterSettings,
  now: Instant,
): WhyNode {
  const proof = proofOf(node, settings, now);
  return {
    id,
    active: record.phase.active === id,
    proof,
    missing: proof ? undefined : missingProof(id, node, settings),
    obstacle: targetObstacle(id, record, settings, now)?.words,
  };
}

/** What would prove that the node runs no scheduler. Unknown is never stopped. */
function missingProof(id: NodeId, node: NodeRecord, settings: ClusterSettings): string {
  const ways = ["when it answers a stop with stopped", "when EC2 says that its instance is stopped"];
  if (typeof node.stopBy === "number") {
    const certain = node.stopBy + settings.timers.skewSeconds * 1000;
    ways.unshift(`at ${formatForPeople(certain)}, when its guard has stopped it for certain`);
  }
  if (node.silentSince !== undefined) ways.push("by an operator's override");
  return `${id} ${lastWord(node)}; it counts as stopped ${ways.join(", or ")}`;
}

function lastWord({ report, reportedAt, silentSince }: NodeRecord): string {
  if (reportedAt === 0) return "has never answered";
  if (silentSince !== undefined) return `has not answered since ${formatForPeople(silentSince)}`;
  return report ? `says ${report.state}` : "has not been asked since its reports were forgotten";
}

function waitsFor(record: ClusterRecord, settings: ClusterSettings, now: Instant): readonly string[] {
  const { request, steering, phase, counters, problem } = record;
  const list: string[] = [];
  const add = (holds: boolean, sentence: () => string) => holds && list.push(sentence());
  add(steering !== undefined, () => {
    const end = steering?.until === undefined ? "" : ` or ${formatForPeople(steering.until)}`;
    return `It is ${steering?.kind} since ${formatForPeople(steering?.since ?? now)} by ${steering?.by}: until \`resume\`${end}.`;
  });
  add(steering === undefined && settings.startIn === "observe", () => "Its settings say `startIn: observe`.");
  add(request?.phase === "accepted", () => wishWaits(record, now));
  const owing = phase.name === "steady" ? [] : unprovenBut(phase.active, record, settings, now);
  add(owing.length > 0, () => `A start owes the proof that ${owing.join(", ")} runs no scheduler.`);
  add(
    counters.retryAt > now,
    () => `The next attempt to start follows at ${formatForPeople(counters.retryAt)}.`,
  );
  add(phase.name === "starting" || phase.name === "verifying", () => {
    const end = counters.startedAt + settings.timers.settleSeconds * 1000;
    return `The scheduler on ${phase.active} settles until ${formatForPeople(end)}.`;
  });
  const active = phase.active === undefined ? undefined : (record.nodes[phase.active] ?? UNKNOWN_NODE);
  add(active?.silentSince !== undefined && !isGone(active), () => {
    return `${phase.active} has not answered since ${formatForPeople(active?.silentSince ?? now)}: unknown is not stopped.`;
  });
  add(
    problem !== undefined,
    () => `A problem stands since ${formatForPeople(problem?.since ?? now)}: ${problem?.sentence}`,
  );
  return list;
}

function wishWaits({ request }: ClusterRecord, now: Instant): string {
  const at = request?.notBefore ?? 0;
  const begins =
    MOVES.has(request?.action ?? "") && at > now ? `at ${formatForPeople(at)}` : "with the next tick";
  const name = request?.drill === undefined ? request?.action : `way ${request.drill.leg} of the drill`;
  return `The ${name} ${request?.id} that ${request?.by} asked for begins ${begins}.`;
}

function limitsOf(record: ClusterRecord, { timers }: ClusterSettings, now: Instant): Limits {
  const { restarts, attempts, retryAt } = record.counters;
  const moves = recentMoves(record, now);
  const passed = moves.length === 0 ? Infinity : (now - (moves.at(-1) ?? 0)) / 1000;
  return {
    restarts,
    restartLimit: timers.restartLimit,
    attempts,
    retryAt,
    movesWithinHour: moves.length,
    failoversPerHour: timers.failoversPerHour,
    cooldownSecondsLeft: Math.max(0, Math.ceil(timers.cooldownSeconds - passed)),
  };
}

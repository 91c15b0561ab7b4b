/** What an operator's wish meets: the wish before it, the node that it names, the scheduler that it moves. */
import { byPreference } from "./facts.ts";
import { judgeHealth } from "./health.ts";
import { isGone } from "./notes.ts";
import { UNKNOWN_NODE, unprovenBut } from "./proof.ts";
import { MOVES, hasEnded } from "./steering.ts";
import type { ClusterRecord, Drill, Instant, NodeId, NodeRecord, Wish } from "./model.ts";
import type { ClusterSettings } from "./settings.ts";

/** Leaves the nodes to themselves: of no use if it has to wait for a move that hangs. */
const LETS_GO: ReadonlySet<string> = new Set(["observe", "detach"]);

/**
 * Whether a wish may take the place of another one that is under way. A move that waits makes room for all but another
 * move. One that has begun is carried on by the phase without its wish, so that only what its hanging would lock out may
 * take its place: the operator's word for a node that is silent, letting go, and, where nothing has been started yet, a
 * node that may run one again, for it may hang because every node is excluded.
 */
export function takesPlaceOf(wish: Pick<Wish, "action" | "override">, standing: Wish): boolean {
  if (hasEnded(standing)) return true;
  if (!MOVES.has(standing.action)) return false;
  if (LETS_GO.has(wish.action) || wish.override !== undefined) return true;
  if (wish.action === "include" && standing.phase === "stopping") return true;
  return standing.phase === "accepted" && !MOVES.has(wish.action);
}

/** An operator's word stands for a silent node only: what a node says of itself weighs more. */
export function mayOverride(node: NodeRecord | undefined): node is NodeRecord {
  return node !== undefined && (node.silentSince !== undefined || node.report === undefined);
}

/**
 * Whether the active node's last word is that its scheduler runs and is healthy: what a switchover moves. Where that word
 * leaves the check out, the one before it stands.
 */
export function runsWell({ phase, nodes, counters }: ClusterRecord, settings: ClusterSettings): boolean {
  if (phase.active === undefined || phase.name === "starting") return false;
  const { report, silentSince } = nodes[phase.active] ?? UNKNOWN_NODE;
  const isWell = report?.state === "running" && WELL.has(judgeHealth(report.health, settings.health));
  return isWell && silentSince === undefined && counters.unhealthy === 0;
}

const WELL: ReadonlySet<string> = new Set(["healthy", "unchecked"]);

/** Why a drill's way is not begun, whatever its target: it never makes a cluster worse that is not well. */
export function drillObstacle(
  record: ClusterRecord,
  settings: ClusterSettings,
  leg: Drill["leg"],
): string | undefined {
  const { phase, problem, last, steering } = record;
  const { active } = phase;
  if (steering !== undefined) return `the controller is ${steering.kind} by ${steering.by}`;
  if (problem !== undefined) return `a problem stands: ${withoutStop(problem.sentence)}`;
  if (phase.name !== "steady" || active === undefined) return `a move or start is under way (${phase.name})`;
  if (!runsWell(record, settings)) return `the scheduler does not run well: ${withoutStop(last.sentence)}`;
  const mayReturn = leg === "back" || !settings.nodes.exclude.includes(active);
  return mayReturn ? undefined : `${active} is excluded, so that it could not come back`;
}

function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, "");
}

/** Why a node cannot take the scheduler over, for all that the record says. `settings`: the effective ones. */
export interface Obstacle {
  readonly code:
    | "UNKNOWN_NODE"
    | "ALREADY_ACTIVE"
    | "NODE_EXCLUDED"
    | "NODE_GONE"
    | "NODE_SILENT"
    | "NOT_PROVEN";
  /** A sentence without its full stop. */
  readonly words: string;
  /** Whether a later tick may find it gone without anybody's doing. */
  readonly passes: boolean;
}

export function targetObstacle(
  id: NodeId,
  record: ClusterRecord,
  settings: ClusterSettings,
  now: Instant,
  override?: NodeId,
): Obstacle | undefined {
  const node = Object.hasOwn(record.nodes, id) ? record.nodes[id] : undefined;
  if (!node) return { code: "UNKNOWN_NODE", words: `${id} is no node of this cluster`, passes: false };
  if (settings.nodes.exclude.includes(id))
    return { code: "NODE_EXCLUDED", words: `${id} is excluded`, passes: false };
  const { active } = record.phase;
  if (id === active)
    return { code: "ALREADY_ACTIVE", words: `${id} is the active node already`, passes: true };
  if (GONE_OR_GOING.has(node.instance) || isGone(node))
    return { code: "NODE_GONE", words: `EC2 says that ${id} is ${node.instance}`, passes: true };
  if (node.silentSince !== undefined || node.reportedAt === 0)
    return { code: "NODE_SILENT", words: `${id} does not answer`, passes: true };
  const owing = active === undefined ? [] : owingBut(id, record, settings, now, override);
  if (owing.length === 0) return undefined;
  return {
    code: "NOT_PROVEN",
    words: `${owing.join(", ")} is not proven to run no scheduler`,
    passes: true,
  };
}

const GONE_OR_GOING: ReadonlySet<string> = new Set(["stopping", "shutting-down"]);

/** Who beside the active node owes a proof: what the active one owes follows from the move itself. */
function owingBut(
  id: NodeId,
  record: ClusterRecord,
  settings: ClusterSettings,
  now: Instant,
  override: NodeId | undefined,
): readonly NodeId[] {
  const word = override !== undefined && mayOverride(record.nodes[override]) ? override : undefined;
  return unprovenBut(id, record, settings, now).filter(
    (each) => each !== record.phase.active && each !== word,
  );
}

/** The nodes that a move could go to now, best first; never the one that the operator declares stopped. */
export function possibleTargets(
  record: ClusterRecord,
  settings: ClusterSettings,
  now: Instant,
  override?: NodeId,
): readonly NodeId[] {
  return byPreference(Object.keys(record.nodes), settings).filter(
    (id) => id !== override && targetObstacle(id, record, settings, now, override) === undefined,
  );
}

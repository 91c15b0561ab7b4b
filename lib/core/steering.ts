/** Whether and how the ticks steer: by the settings, or as an operator has changed it. */
import { isGone } from "./notes.ts";
import type { ClusterRecord, NodeId, NodeRecord } from "./model.ts";
import type { ClusterSettings } from "./settings.ts";

export type Course = "run" | "paused" | "observing" | "detached";

/** A move that an operator asked for is carried out in a pause too. */
export function courseOf(record: ClusterRecord, settings: ClusterSettings): Course {
  const kind = record.steering?.kind ?? (settings.startIn === "observe" ? "observing" : "run");
  return kind === "paused" && isMoving(record) ? "run" : kind;
}

function isMoving({ request }: ClusterRecord): boolean {
  return request !== undefined && MOVES.has(request.action) && !ENDED_OR_WAITING.has(request.phase);
}

export const MOVES: ReadonlySet<string> = new Set(["failover", "switchover"]);
const ENDED_OR_WAITING: ReadonlySet<string> = new Set(["accepted", "done", "failed"]);

/** The settings with what an operator has changed since. */
export function effectiveSettings(record: ClusterRecord, settings: ClusterSettings): ClusterSettings {
  if (!record.excluded || record.excluded.length === 0) return settings;
  const exclude = [...new Set([...settings.nodes.exclude, ...record.excluded])];
  return { ...settings, nodes: { ...settings.nodes, exclude } };
}

/** The nodes on which guard, gate or grant are still in force, for all that is known. */
export function attached(record: ClusterRecord): readonly NodeId[] {
  return Object.keys(record.nodes).filter((id) => isAttached(record.nodes[id]));
}

function isAttached(node: NodeRecord | undefined): boolean {
  if (!node?.report || isGone(node)) return false;
  const { guard, gate, grantUntil } = node.report;
  return guard === "armed" || gate === "installed" || grantUntil > 0;
}

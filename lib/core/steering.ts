/** Whether and how the ticks steer: by the settings, or as an operator has changed it. */
import { isGone } from "./notes.ts";
import type { ClusterRecord, NodeId, NodeRecord, Wish } from "./model.ts";
import type { ClusterSettings } from "./settings.ts";

export type Course = "run" | "paused" | "observing" | "detached";

/** A move that an operator asked for is carried out in a pause too. */
export function courseOf(record: ClusterRecord, settings: ClusterSettings): Course {
  const kind = record.steering?.kind ?? (settings.startIn === "observe" ? "observing" : "run");
  return kind === "paused" && isMoving(record.request) ? "run" : kind;
}

export const MOVES: ReadonlySet<string> = new Set(["failover", "switchover"]);

/** A move that the ticks have begun and not ended. */
export function isMoving(wish: Wish | undefined): wish is Wish {
  return wish !== undefined && MOVES.has(wish.action) && wish.phase !== "accepted" && !hasEnded(wish);
}

export function hasEnded(wish: Wish): boolean {
  return wish.phase === "done" || wish.phase === "failed";
}

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
  if (!node || isGone(node)) return false;
  // Forgotten, or lost with an instance that was stopped: what the guard was when it was last seen stands for it.
  if (!node.report) return node.guard === "armed";
  const { guard, gate, grantUntil } = node.report;
  // `failed` says that it is not known what is in force.
  return guard !== "none" || gate !== "none" || grantUntil > 0;
}

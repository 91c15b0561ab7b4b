/** The verdict on a health check's answer. The node only carries the answer; what it means is decided here. */
import type { NodeReport } from "./model.ts";
import type { HealthSettings } from "./settings.ts";

/**
 * `doubtful`: the check itself is broken, which says nothing about the scheduler. `unchecked`: the node did not come to
 * ask it, which says nothing either, and neither counts as a failure nor ends a row of them.
 */
export type HealthVerdict = "healthy" | "unhealthy" | "doubtful" | "unchecked";

/** 126 and 127 are the shell's words for a command that cannot be run, and the node's for a missing HTTP client. */
const CANNOT_RUN: ReadonlySet<number> = new Set([126, 127]);

/** The node's word, as EADDRINUSE, for a URL that somebody else answers than the scheduler; the body says who. */
export const FOREIGN_ANSWER = 98;

export function judgeHealth(
  answer: NodeReport["health"] | undefined,
  settings: HealthSettings | undefined,
): HealthVerdict {
  if (!settings) return "healthy";
  if (!answer) return "unchecked";
  if (CANNOT_RUN.has(answer.code)) return "doubtful";
  if (settings.kind === "command") return answer.code === 0 ? "healthy" : "unhealthy";
  // Its own server has not got its port, or another program's port is asked: a restart or a move may help, as when it hangs.
  if (answer.code === FOREIGN_ANSWER) return "unhealthy";
  if (answer.code < 200 || answer.code > 299) return "unhealthy";
  if (settings.jsonPath === undefined) return "healthy";
  return judgeBody(answer.body, settings.jsonPath, settings.equals ?? "healthy");
}

/** A 200 with something that is no JSON comes from another server on the port: the check is broken, not the scheduler. */
function judgeBody(body: string, path: string, expected: string): HealthVerdict {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return "doubtful";
  }
  for (const key of pathKeys(path)) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return "doubtful";
    value = (value as Record<string, unknown>)[key];
  }
  return String(value) === expected ? "healthy" : "unhealthy";
}

/** The paths that settings accept: `$.daemon.status`, `$.rows[0].state`. */
export const JSON_PATH = /^\$(\.[A-Za-z_][A-Za-z0-9_-]*|\[[0-9]+\])+$/;

function pathKeys(path: string): readonly string[] {
  return [...path.matchAll(/\.([A-Za-z_][A-Za-z0-9_-]*)|\[([0-9]+)\]/g)].map(
    (match) => match[1] ?? match[2] ?? "",
  );
}

/** What a status amounts to: yes, no, or nobody knows. Unknown is never "no". */
import { SAYS } from "../core/facts.ts";
import type { Instant } from "../core/model.ts";
import { span } from "./times.ts";
import { instantOf, type NodeView, type Status } from "./replies.ts";

export interface Verdict {
  readonly answer: "yes" | "no" | "unknown";
  /** Without a full stop. */
  readonly words: string;
}

/** A beat is 60 s at the most: a record that is older than two of them is kept by nobody. */
export const STALE_MILLISECONDS = 120_000;

export function answers(node: NodeView): boolean {
  return node.silentSince === null && node.reportAgeSeconds !== null;
}

/** Refused, busy and overridden say nothing of the scheduler. */
const says = (node: NodeView): boolean => answers(node) && SAYS.has(node.state);

export function verdictOf({ view }: Status, now: Instant): Verdict {
  if (!view.recorded) return { answer: "unknown", words: "no tick has looked yet" };
  const ticked = instantOf(view.tickedAt);
  if (view.steering?.kind === "detached") return { answer: "unknown", words: "detached: nobody looks" };
  if (ticked === undefined || now - ticked > STALE_MILLISECONDS) {
    const since = ticked === undefined ? "" : ` for ${span(now - ticked)}`;
    return { answer: "unknown", words: `no tick${since}: nobody looks` };
  }
  const running = view.nodes.filter((node) => node.state === "running" && answers(node));
  if (running.length > 1) {
    return { answer: "yes", words: `RUNNING SEVERAL TIMES, on ${running.map(({ id }) => id).join(", ")}` };
  }
  const [one] = running;
  if (one) return { answer: "yes", words: `running on ${one.id}${runsFor(one, now)}` };
  const unsaid = view.nodes.filter((node) => !says(node) && node.stopBy !== "never");
  if (unsaid.length > 0) {
    const words = unsaid.map((node) => `${node.id} ${answers(node) ? "does not say" : "does not answer"}`);
    return { answer: "unknown", words: `not known: ${words.join(", ")}` };
  }
  const down = instantOf(view.downSince);
  return { answer: "no", words: `not running${down === undefined ? "" : ` for ${span(now - down)}`}` };
}

function runsFor(node: NodeView, now: Instant): string {
  const since = instantOf(node.since);
  return since === undefined ? "" : `, for ${span(now - since)}`;
}

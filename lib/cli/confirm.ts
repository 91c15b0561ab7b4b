/** Before anything dangerous: what is so, what will happen, what it rests on; and a question. */
import type { Instant } from "../core/model.ts";
import { CommandError } from "./io.ts";
import { fields, wrap } from "./render.ts";
import { instantOf, type EntryView, type NodeView, type Status } from "./replies.ts";
import type { Session } from "./session.ts";
import { dateTime, span } from "./times.ts";
import { answers, verdictOf } from "./verdict.ts";

export type Plan = readonly (readonly [label: string, text: string])[];

/** @throws CommandError where it may not be asked, or the answer is not yes */
export async function confirm(session: Session, title: string, plan: Plan, yes: boolean): Promise<void> {
  const { io } = session;
  io.err(`${title}\n${fields(plan)}`);
  if (yes) return;
  if (!io.inputIsTerminal) {
    throw new CommandError(
      "Refused: there is no terminal to ask at. Pass --yes to go on without a question.",
      1,
    );
  }
  const said = (await io.ask("Go on? Type yes: ")).trim().toLowerCase();
  if (said !== "yes") throw new CommandError("Nothing was changed.", 1);
}

/** What a move will do, as far as the status tells it. */
export function movePlan(
  status: Status,
  to: string | undefined,
  moves: readonly EntryView[],
  now: Instant,
): Plan {
  const { view } = status;
  const active = view.nodes.find(({ id }) => id === view.active);
  return [
    ["now", `${verdictOf(status, now).words}. ${status.sentence}`],
    ["target", target(status, to)],
    ...view.nodes
      .filter(({ id }) => id !== to && (to !== undefined || id === view.active))
      .map((node) => ["proof owed", proofOwed(node, now)] as const),
    ["gap", gap(active, moves, now)],
  ];
}

function target({ view }: Status, to: string | undefined): string {
  if (to !== undefined) return to;
  const others = view.nodes.filter(({ id, instance }) => id !== view.active && !GONE.has(instance));
  return `the node that the cluster prefers, of ${others.map(({ id }) => id).join(", ") || "none"}`;
}

const GONE: ReadonlySet<string> = new Set(["stopping", "stopped", "shutting-down", "terminated"]);

function proofOwed(node: NodeView, now: Instant): string {
  if (node.stopBy === "never") return `${node.id}: is there (${node.proof?.kind ?? "proven"})`;
  if (answers(node)) return `${node.id}: it is told to stop and must report that it has`;
  const end = instantOf(node.stopBy);
  if (end === undefined) {
    return `${node.id}: does not answer, and time proves nothing about it: only its answer, EC2's word that it is stopped, or --override ${node.id} on your own word`;
  }
  return `${node.id}: does not answer; its guard has stopped the scheduler by ${dateTime(node.stopBy)} UTC, in ${span(end - now)}, unless EC2 says before that it is stopped`;
}

/** Measured where it was, else what it consists of. */
function gap(active: NodeView | undefined, moves: readonly EntryView[], now: Instant): string {
  const end = active && !answers(active) ? instantOf(active.stopBy) : undefined;
  const wait = end === undefined ? "" : `at least ${span(end - now)} until that proof; then `;
  const measured = moves.filter(({ gapSeconds, from }) => gapSeconds !== undefined && from !== undefined);
  if (measured.length === 0) {
    return `${wait}one stop, one start and two round trips of Run Command without a scheduler; no move has been measured here yet`;
  }
  const seconds = measured.slice(0, 3).map(({ gapSeconds }) => `${gapSeconds} s`);
  return `${wait}about as long as the last moves: ${seconds.join(", ")} without a scheduler`;
}

export function lettingGoPlan(status: Status, now: Instant): Plan {
  const nodes = status.view.nodes.map(({ id }) => id).join(", ");
  return [
    ["now", `${verdictOf(status, now).words}. ${status.sentence}`],
    ["nodes", `guard, gate and grant are taken off ${nodes || "no node"}`],
    ["scheduler", "is left as it is: it runs on where it runs"],
    ["then", "nobody restarts it, moves it or stops a second one, until `start`"],
  ];
}

export function takeOverPlan(status: Status, owner: string, now: Instant): Plan {
  const stamped = status.view.nodes.filter(({ reason }) => reason.includes("owned-by"));
  return [
    ["now", `${verdictOf(status, now).words}. ${status.sentence}`],
    ["nodes", stamped.map(({ id, reason }) => `${id}: ${reason}`).join("; ") || "none says that it is owned"],
    ["stamp", `of ${owner} is replaced by this deployment's, on every node that carries it`],
    ["scheduler", "is left as it is, and adopted"],
    [
      "staked",
      "that deployment must be gone or detached: one that still drives nodes may start a second one",
    ],
  ];
}

export function clearingPlan(status: Status, now: Instant): Plan {
  return [
    ["now", `${verdictOf(status, now).words}. ${status.sentence}`],
    ["forgotten", "reports, counters and phase of the record; the nodes are looked at anew"],
    ["kept", "tokens, lives and promises, on which safety rests; the history"],
    ["scheduler", "is left as it is"],
  ];
}

export function notRecorded(status: Status): CommandError {
  return new CommandError(wrap(`${status.code}: ${status.sentence}`), 1);
}

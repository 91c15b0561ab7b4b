/** Follows what the ticks do: a wish until it is done, or events until Ctrl-C. */
import type { Reply } from "../../lambda/actions/reply.ts";
import { CommandError, type ExitCode } from "./io.ts";
import { entryLine, wrap } from "./render.ts";
import { instantOf, readStatus, type EntryView, type Status, type WishView } from "./replies.ts";
import type { Session } from "./session.ts";
import { clockTime, dateTime } from "./times.ts";

/** In a transition the ticks come every 2 s. */
export const POLL_MILLISECONDS = 2_000;
/** So many entries are asked for at once: more do not happen between two looks. */
const ENTRIES = 20;

/** Prints each new phase and sentence once. 0: done. 1: failed. 2: not known, the wish goes on without us. */
export async function followWish(session: Session, wish: WishView, seconds: number): Promise<ExitCode> {
  const { io } = session;
  const end = io.now() + seconds * 1_000;
  const told = new Set<string>();
  for (;;) {
    const status = await lookAgain(session);
    if (status) {
      const { request } = status.view;
      if (request === null || request.id !== wish.id) return replaced(session, wish);
      tellStep(session, status, request, told);
      if (request.phase === "done") return 0;
      if (request.phase === "failed") return 1;
    }
    if (io.interrupted()) return leave(session, wish, "You stopped waiting");
    if (io.now() >= end) return leave(session, wish, `It is not done after ${seconds} s`);
    await io.sleep(POLL_MILLISECONDS);
  }
}

function tellStep(session: Session, status: Status, wish: WishView, told: Set<string>): void {
  const { phase, sentence } = wish;
  const ended = phase === "done" || phase === "failed";
  const way = wish.drill?.leg ?? "there";
  const waits = phase === "accepted" && way === "there";
  // Until a tick has ended under the wish, the status still says what was before it.
  const isOlder = waits || (instantOf(status.view.tickedAt) ?? 0) < (instantOf(wish.at) ?? 0);
  const step = ended || isOlder ? `${way} ${phase}` : `${way} ${phase} ${status.code}`;
  if (told.has(step)) return;
  told.add(step);
  const begun = waits ? begins(wish) : "A tick is at work on it.";
  const words = ended && sentence !== undefined ? sentence : isOlder && !ended ? begun : status.sentence;
  const time = clockTime(isOlder ? wish.at : status.view.tickedAt);
  session.io.err(wrap(`${time}  ${phase.padEnd(PHASE_WIDTH)}  ${words}`, " ".repeat(12 + PHASE_WIDTH)));
}

function begins({ notBefore }: WishView): string {
  return notBefore === null ? "The next tick begins with it." : `It begins at ${dateTime(notBefore)} UTC.`;
}

const PHASE_WIDTH = "going-back".length;

function replaced({ io }: Session, wish: WishView): ExitCode {
  io.err(wrap(`Another wish has taken the place of ${wish.id}: \`history\` says what became of it.`));
  return 2;
}

function leave({ io }: Session, wish: WishView, why: string): ExitCode {
  io.err(wrap(`${why}; the wish ${wish.id} stands, and the ticks go on with it: \`status\` shows it.`));
  return 2;
}

/** A look that fails is told and repeated: the ticks do not wait for us. What no repetition helps ends the command. */
async function lookAgain(session: Session): Promise<Status | undefined> {
  let reply: Reply;
  try {
    reply = await session.look("status");
  } catch (error) {
    if (!(error instanceof CommandError) || !/throttle|cannot be reached/i.test(error.message)) throw error;
    session.io.err(wrap(`${error.message} Looking again.`));
    return undefined;
  }
  return readStatus(session.expect(reply));
}

/** What is new since the last look. */
export interface News {
  readonly status: Status;
  /** Oldest first. */
  readonly entries: readonly EntryView[];
  readonly changed: boolean;
}

/** Looks until Ctrl-C and hands on what is new; the first time everything is, but the old entries. */
export async function followEvents(session: Session, tell: (news: News) => void): Promise<void> {
  const { io } = session;
  let seen: ReadonlySet<string> | undefined;
  let before = "";
  let last = "";
  for (;;) {
    const status = await lookAgain(session);
    if (status) {
      const entries = status.view.recorded ? await session.entries(ENTRIES) : [];
      // A tick's word is there before it stands in the history: what was told as the one is not told as the other.
      const fresh = seen ? entries.filter((entry) => !seen?.has(keyOf(entry)) && saidBy(entry) !== last) : [];
      seen = new Set(entries.map(keyOf));
      const now = `${status.code} ${status.view.request?.id ?? ""} ${status.view.request?.phase ?? ""}`;
      tell({ status, entries: fresh.toReversed(), changed: now !== before });
      before = now;
      last = saidBy(status);
    }
    await io.sleep(POLL_MILLISECONDS);
    if (io.interrupted()) return;
  }
}

function saidBy({ code, sentence }: Pick<EntryView, "code" | "sentence">): string {
  return `${code} ${sentence}`;
}

function keyOf({ at, token, code }: EntryView): string {
  return `${at} ${token} ${code}`;
}

/** The lines of what is new; empty where nothing is. */
export function newsLines({ status, entries, changed }: News): readonly string[] {
  const lines = entries.map(entryLine);
  const said = entries.some(({ code }) => code === status.code);
  if (!changed || said) return lines;
  return [
    ...lines,
    wrap(`${clockTime(status.view.tickedAt)}  ${status.code}: ${status.sentence}`, "          "),
  ];
}

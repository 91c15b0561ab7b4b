/** A rehearsal: there and back by one wish that the ticks carry out, told by the history's own figures. */
import { DRILL_FAILURES } from "../core/metrics.ts";
import type { ExitCode } from "./io.ts";
import { wrap } from "./render.ts";
import { instantOf, type EntryView } from "./replies.ts";
import type { Session } from "./session.ts";
import type { WishOptions } from "./tool.ts";
import { makeWish } from "./wish.ts";

/** Followed until it is over; whoever stops following it stops nothing: the ticks go on with it. */
export async function drill(
  session: Session,
  options: WishOptions & { readonly to?: string },
): Promise<ExitCode> {
  const begun = session.io.now();
  const code = await makeWish(session, "drill", { ...options, wait: true }, { to: options.to });
  if (code === 2) return code;
  const entries = (await session.entries(ENTRIES)).filter(({ at }) => isSince(at, begun));
  // What was refused at once has left no trace, and has said why.
  if (code === 1 && entries.some((entry) => DRILL_FAILURES.has(entry.code))) {
    session.io.err(wrap("The drill has failed: `history` says how far it came, `status` where it runs now."));
  }
  if (code !== 0) return code;
  const done = entries.find((entry) => entry.code === "DRILL_DONE");
  if (done?.drill !== undefined && session.options.json !== true) session.out(wrap(figures(done.drill)));
  return 0;
}

/** A drill takes fewer entries than this. */
const ENTRIES = 30;

/** The clocks of this machine and of AWS may differ by this much. */
const CLOCKS_MILLISECONDS = 60_000;

function isSince(at: EntryView["at"], begun: number): boolean {
  return (instantOf(at) ?? 0) > begun - CLOCKS_MILLISECONDS;
}

function figures({ seconds, gapSeconds }: NonNullable<EntryView["drill"]>): string {
  return `There and back in ${seconds} s; ${gapSeconds} s without a scheduler, both ways together.`;
}

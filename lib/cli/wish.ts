/** One wish: sent under a key, answered at once, and followed where that is wanted. */
import { CommandError, type ExitCode } from "./io.ts";
import { followWish } from "./follow.ts";
import { wrap } from "./render.ts";
import { readWish } from "./replies.ts";
import type { Session } from "./session.ts";
import type { WishOptions } from "./tool.ts";

export async function makeWish(
  session: Session,
  action: string,
  options: WishOptions,
  more: Readonly<Record<string, unknown>> = {},
): Promise<ExitCode> {
  const { io } = session;
  const reply = await session.operate(action, {
    by: options.by ?? (await whoAsks(session)),
    reason: options.reason,
    // Of this one command: a request that the SDK repeats is the same wish.
    key: options.key ?? io.newKey(),
    ...more,
  });
  const ended = session.shown(reply, 1);
  if (ended !== undefined || !reply.ok) return ended ?? 1;
  session.out(wrap(reply.sentence));
  return options.wait === true ? followWish(session, readWish(reply), options.timeout) : 0;
}

/** As AWS knows the caller; where STS does not answer, as this machine does. A claim either way: CloudTrail proves. */
async function whoAsks({ connection, io }: Session): Promise<string> {
  try {
    return await connection.services.caller();
  } catch (error) {
    if (error instanceof CommandError) return `${io.user}@${io.hostName}`;
    throw error;
  }
}

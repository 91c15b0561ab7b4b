/**
 * How long a call to AWS may take. A tick has 15 s for some six calls one after the other, so that one service which
 * hangs must not use them up: a call gives up within 3 s, and what it leaves unclear is the next tick's question.
 */

/** Attempts within a call. An answer takes 5 ms from DynamoDB and some 100 ms from the others. */
const ATTEMPTS = 3;
const CONNECT_MILLISECONDS = 500;
/** Long enough for a slow answer, short enough for a second attempt within the call. */
const REPLY_MILLISECONDS = 1_400;
const CALL_MILLISECONDS = 3_000;

/** What every client is made with. */
export const CLIENT_SETTINGS = {
  maxAttempts: ATTEMPTS,
  retryMode: "standard",
  requestHandler: {
    connectionTimeout: CONNECT_MILLISECONDS,
    requestTimeout: REPLY_MILLISECONDS,
    /** Without it a reply that does not come is only warned of. */
    throwOnRequestTimeout: true,
  },
} as const;

/** Ends a call with all its attempts: given to every `send`. */
export function withinCallTime(): { readonly abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(CALL_MILLISECONDS) };
}

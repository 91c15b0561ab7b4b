/** What a failed call to AWS leaves known, and the errors that the adapters throw. */

/**
 * `refused`: AWS answered that it did not do it, and will not. `throttled`: it did not do it now. `unclear`: no answer,
 * or one that says nothing: it may have been done.
 */
export type FailureKind = "refused" | "throttled" | "unclear";

/** Each service has a name of its own for it; they agree on these words. */
const THROTTLED = /Throttl|RequestLimitExceeded|ThroughputExceeded|TooManyRequests|RateExceeded/i;

const REQUEST_TIMEOUT = 408;
const TOO_MANY_REQUESTS = 429;

/** Judges by what the SDK adds to an error that a service answered; everything else came from this side of the wire. */
export function failureKind(error: unknown): FailureKind {
  const status = httpStatus(error);
  if (status === TOO_MANY_REQUESTS || (status !== undefined && THROTTLED.test(errorName(error))))
    return "throttled";
  const isRefusal = status !== undefined && status >= 400 && status < 500 && status !== REQUEST_TIMEOUT;
  return isRefusal ? "refused" : "unclear";
}

export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : "Error";
}

/** `AccessDeniedException: User ... is not authorized`, on one line; for sentences. */
export function describeFailure(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.replace(/\s+/g, " ").trim();
}

function httpStatus(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("$fault" in error) || !("$metadata" in error))
    return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== "object" || metadata === null || !("httpStatusCode" in metadata)) return undefined;
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
}

/** The table said no: access, name of the table, form of the request. Waiting does not help. */
export class StoreRefusedError extends Error {
  override readonly name = "StoreRefusedError";
}

/** The table did not answer, or was busy, for as long as a call may take. */
export class StoreUnavailableError extends Error {
  override readonly name = "StoreUnavailableError";
}

/**
 * An item is there and cannot be read: damaged, or written by a newer version. It is *not* an absent one: to take it
 * for that would forget what the nodes were promised.
 */
export class UnreadableRecordError extends Error {
  override readonly name = "UnreadableRecordError";
}

/** A call to AWS other than the table's failed; `cause` says how. */
export class AwsCallError extends Error {
  override readonly name = "AwsCallError";
}

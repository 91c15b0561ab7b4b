/** What went wrong between here and the function, as a sentence that says what to do. */
import { CommandError } from "./io.ts";

/** What was tried, for the sentence. */
export interface Attempt {
  /** Such as `lambda:InvokeFunction`. */
  readonly permission: string;
  readonly resource: string;
  readonly region: string;
  readonly sandbox: boolean;
}

type Sentence = (attempt: Attempt, message: string) => string;

const noCredentials: Sentence = (_, message) =>
  /profile/i.test(message)
    ? `No credentials for this profile (${message}): look at \`aws configure list-profiles\`, then pass --profile or set AWS_PROFILE.`
    : "No AWS credentials were found: pass --profile NAME, set AWS_PROFILE, or sign in with `aws sso login` or `aws configure`.";
const expired: Sentence = () =>
  "The AWS credentials have expired: sign in again, with `aws sso login` where you use single sign-on.";
const invalid: Sentence = ({ region }) =>
  `AWS does not accept these credentials in ${region}: look at \`aws sts get-caller-identity\`, and at the clock of this machine.`;
const denied: Sentence = ({ permission, resource }, message) =>
  `Not allowed: this needs ${permission} on ${resource}. AWS says: ${message}`;
const throttled: Sentence = ({ permission }) =>
  `AWS throttles ${permission}: nothing is known to have happened; try again in some seconds.`;
const missing: Sentence = ({ resource, region }) =>
  `There is no ${resource} in ${region}: is the region right (--region), and the account (--profile)?`;
const unreachable: Sentence = ({ sandbox, resource, region }, message) =>
  sandbox
    ? "The sandbox does not answer: start one with `npm start`."
    : `${resource.charAt(0).toUpperCase()}${resource.slice(1)} in ${region} cannot be reached (${message}): look at the network, at proxies, and at AWS_ENDPOINT_URL.`;

/** By the error's name, as the SDK and the services call it. */
const BY_NAME: Readonly<Record<string, Sentence>> = {
  CredentialsProviderError: noCredentials,
  TokenProviderError: expired,
  ExpiredTokenException: expired,
  ExpiredToken: expired,
  RequestExpired: expired,
  UnrecognizedClientException: invalid,
  InvalidSignatureException: invalid,
  InvalidClientTokenId: invalid,
  SignatureDoesNotMatch: invalid,
  MissingAuthenticationTokenException: invalid,
  IncompleteSignature: invalid,
  AccessDeniedException: denied,
  AccessDenied: denied,
  UnauthorizedOperation: denied,
  NotAuthorized: denied,
  KMSAccessDeniedException: denied,
  TooManyRequestsException: throttled,
  ThrottlingException: throttled,
  Throttling: throttled,
  RequestLimitExceeded: throttled,
  ResourceNotFoundException: missing,
  TimeoutError: unreachable,
  NetworkingError: unreachable,
};

const UNREACHABLE_CODES = /^(ECONN|ENOTFOUND|EAI_|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EPIPE|ERR_TLS|CERT_)/;

/** The failure of one call to AWS as an error for the person. */
export function describeCall(error: unknown, attempt: Attempt): CommandError {
  if (error instanceof CommandError) return error;
  return new CommandError(sentenceFor(error, attempt), 2, error);
}

function sentenceFor(error: unknown, attempt: Attempt): string {
  const message = messageOf(error);
  if (/region is missing/i.test(message)) {
    return "No region is given: pass --region, or set AWS_REGION or the region of your profile.";
  }
  if (/(sso session|token).*(expired|invalid)/i.test(message)) return expired(attempt, message);
  const known = BY_NAME[error instanceof Error ? error.name : ""];
  if (known) return known(attempt, message);
  if (UNREACHABLE_CODES.test(codeOf(error))) return unreachable(attempt, message);
  return `${attempt.permission} on ${attempt.resource} failed: ${message}`;
}

function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  return "cause" in error ? codeOf(error.cause) : "";
}

/** The first line: what comes after it is of no use to the person. An AggregateError has no message of its own. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return messageOf(error.errors[0]);
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.trim().split("\n", 1)[0] ?? "";
}

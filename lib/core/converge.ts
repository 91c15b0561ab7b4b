/**
 * The converge command as both sides of the wire know it: what the Lambda sends as parameters of the node's document,
 * and what the document accepts. Every value is put into the script's text as it is, between single quotes; that is
 * safe because the patterns admit no quote, no dollar sign, no brace and no line break, and the service, the agent and
 * the script check them.
 */
import type { Mode, Plan } from "./model.ts";

export const MODES: readonly Mode[] = ["look", "hold", "run", "restart", "stop", "detach"];

/** Only the active node may be asked to run. */
export const MODES_OF_OTHERS: readonly Mode[] = ["look", "hold", "stop", "detach"];

/** Each pattern is anchored: the agent looks for a match anywhere in the value. */
const TABLE_ARN = "arn:aws[a-z-]*:dynamodb:[a-z0-9-]{1,32}:[0-9]{1,12}:table/[A-Za-z0-9_.-]{3,255}";

export const CONVERGE_PATTERNS = {
  Cluster: "^[A-Za-z0-9_-]{1,64}$",
  /** The table's ARN. */
  Owner: `^${TABLE_ARN}$`,
  Active: "^(none|(i|mi)-[0-9a-z]{8,17})$",
  Life: "^[A-Za-z0-9_.-]{1,80}$",
  Token: "^[1-9][0-9]{0,14}$",
  Until: "^(0|[1-9][0-9]{0,14})$",
  Invocation: "^[A-Za-z0-9_.-]{1,80}$",
  /** The table's ARN of another deployment. */
  TakeOver: `^(none|${TABLE_ARN})$`,
} as const;

export const CONVERGE_PARAMETERS = [
  "Cluster",
  "Owner",
  "Active",
  "Life",
  "Mode",
  "Others",
  "Token",
  "Until",
  "Invocation",
  "TakeOver",
] as const;

export type ConvergeParameter = (typeof CONVERGE_PARAMETERS)[number];

/** The parameters of SendCommand, which takes a list for each. Instants are whole milliseconds. */
export function convergeParameters(
  cluster: string,
  owner: string,
  plan: Plan,
): Record<ConvergeParameter, string[]> {
  return {
    Cluster: [cluster],
    Owner: [owner],
    Active: [plan.active],
    Life: [plan.life],
    Mode: [plan.mode],
    Others: [plan.others],
    Token: [String(plan.token)],
    Until: [String(plan.until)],
    Invocation: [plan.invocation],
    TakeOver: [plan.takeOver ?? "none"],
  };
}

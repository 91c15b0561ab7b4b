/** The deployment as the program sees it: a function behind two aliases, and what other services say of it. */
import type { Reply } from "../../lambda/actions/reply.ts";

export interface ConnectOptions {
  /** Name or ARN of the controller's function. */
  readonly function?: string | undefined;
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  readonly sandbox?: boolean | undefined;
}

/** Whom the program talks to: the first line that it prints. */
export interface Place {
  readonly sandbox: boolean;
  /** 12 digits; undefined where nothing that is permitted tells it. */
  readonly account: string | undefined;
  readonly region: string;
  readonly functionName: string;
  /** Where requests do not go to AWS itself. */
  readonly endpoint: string | undefined;
}

/** An action as the Lambda takes it. A member that is undefined is not sent. */
export interface ActionRequest {
  readonly action: string;
  readonly cluster?: string | undefined;
  readonly [field: string]: unknown;
}

export interface Connection {
  readonly place: Place;
  /**
   * Asks the function through an alias: `read` only looks, `operate` may change something. A refusal is a reply.
   * @throws CommandError where there is no reply
   */
  invoke(request: ActionRequest, alias: "read" | "operate"): Promise<Reply>;
  readonly services: Services;
}

/** What other services say, for `doctor`. Each throws a CommandError that names the permission where one is missing. */
export interface Services {
  /** SES: mails that may be sent in 24 hours, and whether sending is switched on. */
  mailQuota(): Promise<{ readonly perDay: number; readonly sentLastDay: number }>;
  /** SES: whether each identity is verified; `none` for one that SES does not know. */
  mailIdentities(names: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Systems Manager: what each node's agent says of itself; absent: the node is not managed. */
  agents(ids: readonly string[]): Promise<ReadonlyMap<string, Agent>>;
}

export interface Agent {
  readonly version: string;
  readonly ping: string;
}

export function placeLine({ sandbox, account, region, functionName, endpoint }: Place): string {
  if (sandbox) return `SANDBOX at ${endpoint ?? "?"}, function ${functionName}`;
  const parts = [`account ${account ?? "unknown"}`, `region ${region}`, `function ${functionName}`];
  return [...parts, ...(endpoint === undefined ? [] : [`endpoint ${endpoint}`])].join(", ");
}

export const FUNCTION_VARIABLE = "SCHEDULER_FAILOVER_FUNCTION";

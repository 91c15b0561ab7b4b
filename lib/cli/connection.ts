/** The deployment as the program sees it: a function behind two aliases, and what other services say of it. */
import type { Reply } from "../../lambda/actions/reply.ts";
import type { Instant } from "../core/model.ts";

/** Instead of `--function`. */
export const FUNCTION_VARIABLE = "SCHEDULER_FAILOVER_FUNCTION";
/** Instead of `--stack`. */
export const STACK_VARIABLE = "SCHEDULER_FAILOVER_STACK";

export interface ConnectOptions {
  readonly stack?: string | undefined;
  /** Name or ARN of the controller's function: the stack is not asked then. */
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
  /** Undefined where the function was named instead. */
  readonly stack: string | undefined;
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

/** What other services say. Each throws a CommandError that names the permission where one is missing. */
export interface Services {
  /** STS: the ARN of whoever holds the credentials. */
  caller(): Promise<string>;
  /** CloudWatch Logs: the function's lines of a time, oldest first. */
  logLines(from: Instant, to: Instant): Promise<readonly LogLine[]>;
  /** SES: mails that may be sent in 24 hours, and how many were. */
  mailQuota(): Promise<{ readonly perDay: number; readonly sentLastDay: number }>;
  /** SES: whether each identity is verified; `none` for one that SES does not know. */
  mailIdentities(names: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** CloudFormation: what it last found of the stack's drift, and where its alarms go. */
  stack(): Promise<StackWord>;
  /** SNS: who is subscribed to the alarms' topic; an ARN of a subscription says that it is confirmed. */
  subscriptions(topicArn: string): Promise<readonly Subscription[]>;
  /** Systems Manager: what each node's agent says of itself; absent: the node is not managed. */
  agents(ids: readonly string[]): Promise<ReadonlyMap<string, Agent>>;
  /** EC2: the instances with the tag, or with the ids, but for those that are terminated. */
  instances(wanted: Wanted): Promise<readonly Instance[]>;
  /** Lambda: whether the caller may change something. Asked without doing anything. */
  mayOperate(): Promise<boolean>;
}

export interface LogLine {
  readonly id: string;
  readonly at: Instant;
  readonly text: string;
}

export interface StackWord {
  /** `NOT_CHECKED`, `IN_SYNC`, `DRIFTED` or `UNKNOWN`. */
  readonly drift: string;
  readonly topicArn: string | undefined;
}

export interface Subscription {
  readonly endpoint: string;
  readonly confirmed: boolean;
}

export type Wanted =
  | { readonly tag: { readonly key: string; readonly value: string } }
  | { readonly ids: readonly string[] };

export interface Instance {
  readonly id: string;
  readonly state: string;
  /** The ARN of its instance profile, which carries its role. */
  readonly profile: string | undefined;
}

export interface Agent {
  readonly version: string;
  /** Undefined where Systems Manager does not say. */
  readonly latest: boolean | undefined;
  readonly ping: string;
}

export function placeLine({ sandbox, account, region, stack, functionName, endpoint }: Place): string {
  if (sandbox) return `SANDBOX at ${endpoint ?? "?"}`;
  const deployment = stack === undefined ? `function ${functionName}` : `stack ${stack}`;
  const parts = [`account ${account ?? "unknown"}`, `region ${region}`, deployment];
  return [...parts, ...(endpoint === undefined ? [] : [`endpoint ${endpoint}`])].join(", ");
}

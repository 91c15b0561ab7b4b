/** Every fault by name: what it imitates, what it takes, what it does. The command's help and the refusals print it. */
import { z } from "zod";

export interface FaultKind {
  /** What happens, in the words of the help. */
  readonly sentence: string;
  /** `one`: a node, `active` by default. `any`: a node, or all. `none`: not about nodes. */
  readonly node: "one" | "any" | "none";
  /** Whether it is done at once, or stands until it is cleared. */
  readonly lasts: boolean;
  readonly parameters: z.ZodType<Readonly<Record<string, unknown>>>;
}

const nothing = z.strictObject({});
const seconds = (standard: number) =>
  z.strictObject({ seconds: z.number().min(0).max(600).default(standard) });
/** `error`: the service answers with an error. `drop`: it closes the connection. `hang`: it does not answer. */
const outage = z.strictObject({ mode: z.enum(["error", "drop", "hang"]).default("error") });

const kind = <Node extends FaultKind["node"]>(
  sentence: string,
  node: Node,
  lasts: boolean,
  parameters: FaultKind["parameters"] = nothing,
) => ({ sentence, node, lasts, parameters });

export const FAULTS = {
  kill: kind("SIGKILL to the scheduler's main process", "one", false),
  hang: kind("SIGSTOP to the scheduler's main process: it is there and does nothing", "one", false),
  resume: kind("SIGCONT to the scheduler's main process", "one", false),
  crash: kind("the node loses its power; EC2 says stopped `seconds` later", "one", false, seconds(3)),
  "bring-back": kind("a crashed or stopped node boots", "one", false),
  "cut-off": kind("the node's agent reaches nobody; EC2 says running, the scheduler lives on", "one", true),
  reconnect: kind("ends cut-off: what waits is delivered, what could not be told is told", "one", false),
  "start-by-hand": kind("somebody starts a scheduler on the node, past the controller", "one", false),
  "start-fails": kind("the scheduler ends with status 1 when it is started on the node", "any", true),
  "ssm-slow": kind("commands and results take `seconds` longer each way", "any", true, seconds(3)),
  "ssm-late": kind("commands arrive `seconds` late, even after their time", "any", true, seconds(20)),
  "ssm-duplicate": kind("commands arrive twice", "any", true),
  "ssm-throttled": kind("Systems Manager answers ThrottlingException", "none", true),
  "ssm-down": kind("Systems Manager does not work", "none", true, outage),
  "dynamodb-down": kind("DynamoDB does not work", "none", true, outage),
  "ec2-down": kind("EC2's interface does not work; its instances do", "none", true, outage),
  "ses-down": kind("SES does not work", "none", true, outage),
  "events-down": kind("EventBridge takes no events; those of EC2 come", "none", true, outage),
  "lambda-throttled": kind("Lambda answers TooManyRequestsException", "none", true),
  "role-missing": kind("the function's role is gone: Lambda cannot assume it, and refuses", "none", true),
  "lambda-killed-at": kind(
    "once: the function's process is killed at its `nth` call (of `call`, as ssm:SendCommand), `before` it has an effect or `after`",
    "none",
    true,
    z.strictObject({
      call: z
        .string()
        .regex(/^[a-z0-9]+:[A-Za-z]+$/u, { error: "must look like ssm:SendCommand" })
        .optional(),
      nth: z.int().min(1).default(1),
      when: z.enum(["before", "after"]).default("after"),
    }),
  ),
  clear: kind(
    "ends every fault: hung ones go on, cut off ones are reached, stopped nodes boot",
    "none",
    false,
  ),
} as const satisfies Readonly<Record<string, FaultKind>>;

export type FaultName = keyof typeof FAULTS;
/** The faults that concern a node. */
export type NodeFaultName = {
  [Name in FaultName]: (typeof FAULTS)[Name]["node"] extends "none" ? never : Name;
}[FaultName];

export function isNodeFault(name: FaultName): name is NodeFaultName {
  return FAULTS[name].node !== "none";
}

export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name);
}

/** The catalogue as lines of help. */
export function describeFaults(): string {
  const width = Math.max(...Object.keys(FAULTS).map((name) => name.length));
  return Object.entries(FAULTS)
    .map(([name, { sentence }]) => `  ${name.padEnd(width)}  ${sentence}`)
    .join("\n");
}

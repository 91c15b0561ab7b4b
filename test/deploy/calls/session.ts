/**
 * One session of the sandbox with every kind of call in it: the loop's, the controller's in good days and bad ones, an
 * operator's. What passes the gateway is written down to the letter, for those who judge it afterwards.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { LOG_MESSAGES } from "../../../lib/core/metrics.ts";
import type { CallRecord } from "../../../lib/sandbox/gateway/call-log.ts";
import { type Sandbox, startSandbox } from "../../../lib/sandbox/sandbox.ts";
import type { SandboxState } from "../../../lib/sandbox/state.ts";
import { writeExchange } from "./exchanges.ts";
import { SMOKE, type SmokeCommand } from "./smoke.ts";

export interface Session {
  readonly calls: readonly CallRecord[];
  /** File of exchanges, a JSON object a line. */
  readonly exchanges: string;
  /** The synthesized app that ran. */
  readonly assembly: string;
  readonly functionName: string;
  readonly tableName: string;
  /** The nodes' tags, by instance id. */
  readonly tags: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The largest value of each metric by its name. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly mails: number;
  /** What the function printed, each line an object. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  readonly smoke: readonly SmokeResult[];
}

export interface SmokeResult {
  readonly command: SmokeCommand;
  readonly args: readonly string[];
  /** Exit status; -1: it has not ended by itself. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Apart from the ports of other suites and of whoever runs a sandbox by hand. */
const PORT = 4966;

/** `aws`: the AWS command-line tool, where there is one. */
export const recordSession = async (folder: string, aws: string | undefined): Promise<Session> => {
  const exchanges = join(folder, "exchanges.jsonl");
  const calls: CallRecord[] = [];
  const sandbox = await startSandbox({
    port: PORT,
    settings: {
      beatSeconds: 5,
      clusters: { demo: { fence: "ec2-stop", timers: { settleSeconds: 5, cooldownSeconds: 5 } } },
    },
    onExchange: (exchange) => {
      calls.push(exchange.call);
      writeExchange(exchanges, exchange);
    },
  });
  try {
    await play(sandbox);
    const smoke: SmokeResult[] = [];
    for (const command of aws === undefined ? [] : SMOKE)
      smoke.push(await runSmoke(sandbox, aws ?? "", command));
    const state = sandbox.state();
    return {
      calls,
      exchanges,
      assembly: sandbox.folder.file("cdk.out"),
      functionName: sandbox.output("FunctionName"),
      tableName: sandbox.output("TableName"),
      tags: Object.fromEntries(state.nodes.map(({ id, tags }) => [id, tags])),
      metrics: largest(sandbox),
      mails: state.mailbox.length,
      lines: sandbox.cloud.logs.lines.flatMap(({ text }) => parsed(text)),
      smoke,
    };
  } finally {
    await sandbox.stop();
  }
};

const parsed = (text: string): readonly Record<string, unknown>[] => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? [{ ...value }] : [];
  } catch {
    return [];
  }
};

const play = async (sandbox: Sandbox): Promise<void> => {
  await sandbox.waitUntil("a scheduler has settled", lastCode("STEADY"), 90);
  await sandbox.fault("kill");
  await sandbox.waitUntil("it is back", hasHistory("RECOVERED"), 60);

  await sandbox.waitUntil("it has settled again", lastCode("STEADY"), 60);
  const before = whereItRuns(sandbox.state());
  await sandbox.invoke({ action: "drill", reason: "recorded session" });
  await sandbox.waitUntil("moved by a drill", runsElsewhere(before), 60);
  await sandbox.waitUntil("and back", hasHistory("DRILL_DONE"), 60);
  await sandbox.fault("start-fails", { node: elsewhere(sandbox.state()) });
  await sandbox.invoke({ action: "drill", reason: "recorded session" });
  await sandbox.waitUntil("a drill has failed", hasHistory("DRILL_FAILED"), 90);
  await sandbox.fault("clear");

  for (const action of ["status", "metadata", "history", "version"]) await sandbox.invoke({ action }, "read");
  await sandbox.invoke({ action: "send_test_email" });

  await throughOutages(sandbox);

  await sandbox.waitUntil("it has settled after the outages", lastCode("STEADY"), 90);
  const cutOff = whereItRuns(sandbox.state());
  await sandbox.fault("cut-off");
  await sandbox.waitUntil("the fence has made room on the other node", runsElsewhere(cutOff), 120);
  await sandbox.fault("clear");
  await sandbox.waitUntil("it has settled after the fence", lastCode("STEADY", "STEADY_ALONE"), 90);
};

/** Each service in turn answers with errors for a moment. */
const throughOutages = async (sandbox: Sandbox): Promise<void> => {
  for (const name of [
    "ssm-throttled",
    "ssm-down",
    "dynamodb-down",
    "ec2-down",
    "lambda-throttled",
  ] as const) {
    const { length } = sandbox.recordedCalls();
    const isFelt = (): boolean =>
      sandbox
        .recordedCalls()
        .slice(length)
        .some(({ error }) => error !== undefined);
    await sandbox.fault(name);
    // One that is over before the next attempt of the call fails no tick, and a query asks for one that failed.
    const wanted = name === "dynamodb-down" ? () => isFelt() && hasFailedTick(sandbox) : isFelt;
    await sandbox.waitUntil(`${name} is felt`, wanted, 30);
    await sandbox.fault("clear");
  }
  await sandbox.fault("ses-down");
  await sandbox.invoke({ action: "send_test_email" });
  await sandbox.fault("clear");
};

const hasFailedTick = ({ cloud }: Sandbox): boolean =>
  cloud.logs.lines.some(({ text }) =>
    parsed(text).some(({ message }) => message === LOG_MESSAGES.tickFailed),
  );

const whereItRuns = ({ nodes }: SandboxState): string | undefined =>
  nodes.find(({ schedulers }) => schedulers.length > 0)?.id;

const elsewhere = ({ nodes }: SandboxState): string =>
  nodes.find(({ schedulers }) => schedulers.length === 0)?.id ?? "";

const runsElsewhere =
  (before: string | undefined) =>
  (state: SandboxState): boolean => {
    const now = whereItRuns(state);
    return now !== undefined && now !== before && state.events.some(codeIs("FAILED_OVER"));
  };

const hasHistory =
  (code: string) =>
  ({ events }: SandboxState): boolean =>
    events.some(codeIs(code));

/** What the last tick ended with. */
const lastCode =
  (...codes: readonly string[]) =>
  ({ events }: SandboxState): boolean => {
    const tick = events.findLast(({ kind }) => kind === "tick");
    return codes.some((code) => tick?.data?.["code"] === code);
  };

const codeIs =
  (code: string) =>
  ({ kind, data }: SandboxState["events"][number]): boolean =>
    kind === "transition" && data?.["code"] === code;

const largest = ({ cloud }: Sandbox): Record<string, number> => {
  const found: Record<string, number> = {};
  for (const { name, value } of cloud.logs.points) found[name] = Math.max(found[name] ?? 0, value);
  return found;
};

/** In a pipe, as in a terminal: Node's own pipes cannot be opened as /dev/stdout, and in a file two would write at once. */
const IN_A_PIPE = '{ "$@"; echo "exit status $?" >&2; } | cat';

const runSmoke = async (sandbox: Sandbox, aws: string, command: SmokeCommand): Promise<SmokeResult> => {
  const args = command.args({
    functionName: sandbox.output("FunctionName"),
    tableName: sandbox.output("TableName"),
    document: sandbox.cloud.deployment.documents[0]?.name ?? "",
    instance: sandbox.state().nodes.find(({ agent }) => agent === "reachable")?.id ?? "",
  });
  /** A folder without settings of its own, so that nobody's profile has a say. */
  const nowhere = { AWS_CONFIG_FILE: "/dev/null", AWS_SHARED_CREDENTIALS_FILE: "/dev/null", AWS_PAGER: "" };
  const env = { PATH: process.env["PATH"], ...nowhere, ...sandbox.environment };
  return await new Promise((resolve) => {
    execFile("sh", ["-c", IN_A_PIPE, "sh", aws, ...args], { env, timeout: 60_000 }, (_, stdout, stderr) => {
      const status = Number(/exit status (\d+)/.exec(stderr)?.[1] ?? -1);
      resolve({ command, args, status, stdout, stderr });
    });
  });
};

import { SSMClient, type CommandInvocation } from "@aws-sdk/client-ssm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  NODES_PER_COMMAND,
  reportsFrom,
  SSM_SETTINGS,
  SsmNodeCommander,
} from "../../../lambda/adapters/ssm-commander.ts";
import { AwsCallError } from "../../../lambda/adapters/failures.ts";
import type { Plan } from "../../../lib/core/model.ts";
import type { SentPlan } from "../../../lib/core/ports.ts";
import { AwsError } from "../../../lib/sandbox/gateway/aws-error.ts";
import { awsJson } from "../../../lib/sandbox/gateway/protocols.ts";
import type { Call } from "../../../lib/sandbox/gateway/service.ts";
import { startAws, type FakeAws } from "../support/aws.ts";
import { KeptJournal, ManualClock } from "../support/ports.ts";
import { AT, NODE_A, NODE_B } from "../support/records.ts";

const OWNER = "arn:aws:dynamodb:eu-west-1:123456789012:table/failover";
const PLAN: Plan = {
  token: AT,
  active: NODE_A,
  life: "boot-1",
  mode: "run",
  others: "stop",
  until: AT + 120_000,
  invocation: "none",
};

let aws: FakeAws;
let client: SSMClient;
let journal: KeptJournal;
let clock: ManualClock;
/** What SSM does with the next calls. */
let onSend: (ids: readonly string[], call: number) => void;
let onList: (params: Readonly<Record<string, unknown>>) => unknown;
let dropAfter: (call: Call) => boolean;

beforeEach(async () => {
  let sends = 0;
  onSend = () => undefined;
  onList = () => ({ CommandInvocations: [] });
  dropAfter = () => false;
  const operations = {
    SendCommand: ({ params }: Call) => {
      sends += 1;
      onSend(params["InstanceIds"] as string[], sends);
      return { Command: { CommandId: `command-${sends}` } };
    },
    ListCommandInvocations: ({ params }: Call) => onList(params),
  };
  aws = await startAws(
    { name: "ssm", protocol: awsJson("1.1"), operations },
    { after: (call) => (dropAfter(call) ? "drop" : undefined) },
  );
  client = new SSMClient({ ...SSM_SETTINGS, ...aws.client });
  journal = new KeptJournal();
  clock = new ManualClock();
});

afterEach(async () => {
  client.destroy();
  await aws.close();
});

const commander = () =>
  new SsmNodeCommander({ client, documents: { etl: "failover-etl-0123" }, clock, journal });

const send = (nodes: readonly string[]) => commander().send("etl", OWNER, PLAN, nodes);

describe("send", () => {
  it("sends one command with the cluster's document and the plan to all nodes", async () => {
    const sent = await send([NODE_A, NODE_B]);
    expect(sent).toEqual({
      plan: PLAN,
      cluster: "etl",
      commands: [{ id: "command-1", nodes: [NODE_A, NODE_B] }],
      unsent: new Map(),
    });
    expect(aws.calls).toHaveLength(1);
    expect(aws.calls[0]?.params).toMatchObject({
      DocumentName: "failover-etl-0123",
      InstanceIds: [NODE_A, NODE_B],
      TimeoutSeconds: 30,
      Parameters: { Cluster: ["etl"], Owner: [OWNER], Token: [String(AT)], Mode: ["run"], Active: [NODE_A] },
    });
  });

  it("calls nobody for no nodes", async () => {
    expect((await send([])).commands).toEqual([]);
    expect(aws.calls).toEqual([]);
  });

  it("splits more nodes than a command takes", async () => {
    const nodes = Array.from({ length: 2 * NODES_PER_COMMAND + 1 }, (_, n) => `i-${n}`);
    const sent = await send(nodes);
    const sizes = sent.commands.map(({ nodes }) => nodes.length);
    expect(sizes.sort((one, other) => one - other)).toEqual([1, 50, 50]);
    expect(sent.commands.flatMap(({ nodes }) => nodes).sort()).toEqual([...nodes].sort());
  });

  it.each(["InvalidInstanceId", "AccessDeniedException"])(
    "reaches the others one by one where one node makes SSM refuse them all: %s",
    async (code) => {
      onSend = (ids) => {
        if (ids.includes(NODE_B)) throw new AwsError(code, `not with ${NODE_B}`);
      };
      const sent = await send([NODE_A, NODE_B]);
      expect(sent.commands.map(({ nodes }) => nodes)).toEqual([[NODE_A]]);
      expect(sent.unsent).toEqual(new Map([[NODE_B, `${code}: not with ${NODE_B}`]]));
      expect(aws.calls).toHaveLength(3);
    },
  );

  it("does not ask for each node what is refused for the document's sake", async () => {
    onSend = () => {
      throw new AwsError("InvalidDocument", "no such document");
    };
    const sent = await send([NODE_A, NODE_B]);
    expect(sent.commands).toEqual([]);
    expect([...sent.unsent.keys()]).toEqual([NODE_A, NODE_B]);
    expect(sent.unsent.get(NODE_A)).toContain("InvalidDocument");
    expect(aws.calls).toHaveLength(1);
  });

  it("waits and sends again what was throttled, and tells the journal", async () => {
    onSend = (_ids, call) => {
      if (call === 1) throw new AwsError("ThrottlingException", "Rate exceeded");
    };
    const sent = await send([NODE_A]);
    expect(sent.commands).toEqual([{ id: "command-2", nodes: [NODE_A] }]);
    expect(clock.slept).toHaveLength(1);
    expect(journal.lines).toMatchObject([{ level: "warn", fields: { kind: "throttled", nodes: [NODE_A] } }]);
  });

  it("sends again, openly, where the reply was lost: only the second command's answer is read", async () => {
    dropAfter = ({ operation }) => operation === "SendCommand" && aws.calls.length === 0;
    const sent = await send([NODE_A]);
    expect(sent.commands).toEqual([{ id: "command-2", nodes: [NODE_A] }]);
    expect(journal.lines).toMatchObject([{ level: "warn", fields: { kind: "unclear", nodes: [NODE_A] } }]);
  });

  it("gives up where no attempt is answered: the node is silent, with the reason", async () => {
    dropAfter = () => true;
    const sent = await send([NODE_A]);
    expect(sent.commands).toEqual([]);
    expect([...sent.unsent.keys()]).toEqual([NODE_A]);
    expect(aws.calls).toHaveLength(3);
  });

  it("names the cluster that has no document", async () => {
    await expect(commander().send("other", OWNER, PLAN, [NODE_A])).rejects.toThrow("the cluster other");
  });
});

const SENT: SentPlan = {
  plan: PLAN,
  cluster: "etl",
  commands: [{ id: "command-1", nodes: [NODE_A, NODE_B] }],
  unsent: new Map(),
};

const lineOf = (node: string, changes: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    v: 1,
    cluster: "etl",
    node,
    token: AT,
    seen: AT,
    life: "boot-1",
    clock: AT,
    state: "running",
    pids: [4711],
    since: AT,
    restarts: 0,
    invocation: "inv-1",
    guard: "none",
    gate: "none",
    grantUntil: 0,
    log64: "",
    reason: "",
    ...changes,
  });

const invocation = (node: string, output: string, status = "Success"): CommandInvocation => ({
  InstanceId: node,
  Status: status as NonNullable<CommandInvocation["Status"]>,
  CommandPlugins: [{ Name: "converge", Output: output }],
});

describe("collect", () => {
  it("reads all nodes of a command with their output, page by page", async () => {
    onList = ({ NextToken }) =>
      NextToken === undefined
        ? { CommandInvocations: [invocation(NODE_A, lineOf(NODE_A))], NextToken: "more" }
        : { CommandInvocations: [invocation(NODE_B, lineOf(NODE_B, { state: "stopped" }))] };
    const reports = await commander().collect(SENT);
    expect([...reports].map(([id, { state }]) => [id, state])).toEqual([
      [NODE_A, "running"],
      [NODE_B, "stopped"],
    ]);
    expect(aws.calls[0]?.params).toMatchObject({ CommandId: "command-1", Details: true });
    expect(aws.calls[1]?.params).toMatchObject({ NextToken: "more" });
  });

  it("takes an empty list right after the send for no answer yet", async () => {
    expect(await commander().collect(SENT)).toEqual(new Map());
  });

  it("asks for each command once", async () => {
    const commands = [
      { id: "command-1", nodes: [NODE_A] },
      { id: "command-2", nodes: [NODE_B] },
    ];
    await commander().collect({ ...SENT, commands });
    expect(aws.calls.map(({ params }) => String(params["CommandId"])).sort()).toEqual([
      "command-1",
      "command-2",
    ]);
  });

  it("fails by name where SSM does not answer", async () => {
    onList = () => {
      throw new AwsError("InternalServerError", "broken", { status: 500 });
    };
    await expect(commander().collect(SENT)).rejects.toThrow(AwsCallError);
  });
});

describe("reportsFrom", () => {
  it.each([
    ["no invocation", []],
    ["one that has not ended", [invocation(NODE_A, "", "InProgress")]],
    ["a line of a command that failed", [invocation(NODE_A, lineOf(NODE_A), "Failed")]],
    ["a line of a command that timed out", [invocation(NODE_A, lineOf(NODE_A), "TimedOut")]],
    ["a success without the line", [invocation(NODE_A, "")]],
    ["a success with other words", [invocation(NODE_A, "everything is fine\n")]],
    ["a line that was cut", [invocation(NODE_A, lineOf(NODE_A).slice(0, -1))]],
    ["a line for another plan", [invocation(NODE_A, lineOf(NODE_A, { token: AT - 1 }))]],
    ["a line for another cluster", [invocation(NODE_A, lineOf(NODE_A, { cluster: "other" }))]],
    ["another node's line", [invocation(NODE_A, lineOf(NODE_B))]],
    ["a node that was not asked", [invocation("i-unasked", lineOf("i-unasked"))]],
    ["an invocation without output", [{ InstanceId: NODE_A, Status: "Success" as const }]],
  ])("takes for no answer: %s", (_name, invocations) => {
    expect(reportsFrom(invocations, SENT)).toEqual(new Map());
  });

  it("finds the line among what a login script says", () => {
    const output = `Welcome!\n${lineOf(NODE_A)}\n`;
    expect([...reportsFrom([invocation(NODE_A, output)], SENT).keys()]).toEqual([NODE_A]);
  });
});

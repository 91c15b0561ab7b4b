import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  CancelCommandCommand,
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  GetParameterCommand,
  ListCommandInvocationsCommand,
  SendCommandCommand,
  SSMClient,
} from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readProcess } from "../../lib/sandbox/nodes/processes.ts";
import { eventually, openTestCloud, type TestCloud } from "./support/test-cloud.ts";

const DOCUMENT = {
  name: "test-run",
  type: "Command",
  content: {
    schemaVersion: "2.2",
    parameters: { Text: { type: "String", allowedPattern: "^[A-Za-z0-9+/=]*$", default: "" } },
    mainSteps: [
      {
        action: "aws:runShellScript",
        name: "converge",
        inputs: {
          timeoutSeconds: "5",
          runCommand: ["text='{{ Text }}'", 'eval "$(printf %s "$text" | base64 -d)"'],
        },
      },
    ],
  },
};

let test: TestCloud;
let ssm: SSMClient;

beforeAll(async () => {
  test = await openTestCloud(() => ({ documents: [DOCUMENT] }));
  ssm = new SSMClient(test.clientOptions);
});
afterAll(async () => {
  ssm.destroy();
  await test.close();
});

/** The document takes its shell text so, which no pattern has to let pass. */
function encoded(text: string): string {
  return Buffer.from(text).toString("base64");
}

async function send(text: string, node = 0, timeoutSeconds = 30): Promise<string> {
  const sent = await ssm.send(
    new SendCommandCommand({
      DocumentName: DOCUMENT.name,
      InstanceIds: [test.nodes[node]?.id ?? ""],
      TimeoutSeconds: timeoutSeconds,
      Parameters: { Text: [encoded(text)] },
    }),
  );
  return sent.Command?.CommandId ?? "";
}

async function invocation(commandId: string) {
  const listed = await ssm.send(new ListCommandInvocationsCommand({ CommandId: commandId, Details: true }));
  return listed.CommandInvocations?.[0];
}

async function finished(commandId: string) {
  return await eventually(async () => {
    const found = await invocation(commandId);
    return ["Pending", "InProgress", undefined].includes(found?.Status) ? undefined : found;
  }, 9_000);
}

describe("a command on a node", () => {
  it("runs by sh with the agent's environment, below the node's root", async () => {
    const done = await finished(
      await send("printenv AWS_SSM_INSTANCE_ID AWS_SSM_REGION_NAME SCHEDULER_FAILOVER_ROOT SSM_COMMAND_ID"),
    );
    const [id, region, root, command] = done?.CommandPlugins?.[0]?.Output?.split("\n") ?? [];
    expect({ id, region, root }).toEqual({
      id: test.nodes[0].id,
      region: "us-east-1",
      root: test.nodes[0].root,
    });
    expect(command).toBe(done?.CommandId);
    expect(done).toMatchObject({ Status: "Success", StatusDetails: "Success" });
    expect(done?.CommandPlugins?.[0]).toMatchObject({ Name: "converge", ResponseCode: 0 });
  });

  it("is not listed right after it was sent, and has no invocation yet", async () => {
    const commandId = await send("true");
    expect(await invocation(commandId)).toBeUndefined();
    await expect(
      ssm.send(new GetCommandInvocationCommand({ CommandId: commandId, InstanceId: test.nodes[0].id })),
    ).rejects.toMatchObject({ name: "InvocationDoesNotExist" });
    await finished(commandId);
  });

  it.each([
    ["exit 3", "Failed", "Failed", 3],
    ["exit 137", "TimedOut", "ExecutionTimedOut", 137],
  ])("that ends by `%s` is %s", async (text, status, details, code) => {
    const done = await finished(await send(text));
    expect(done).toMatchObject({ Status: status, StatusDetails: details });
    expect(done?.CommandPlugins?.[0]?.ResponseCode).toBe(code);
  });

  it("is ended with its process group at its time, but what left the group lives on", async () => {
    const { root } = test.nodes[0];
    const note = (name: string) => `echo $! >${join(root, "tmp", name)}`;
    const done = await finished(
      await send(`sleep 3001 & ${note("inside")}; setsid sleep 3002 & ${note("outside")}; sleep 3003`),
    );
    expect(done).toMatchObject({ Status: "TimedOut", StatusDetails: "ExecutionTimedOut" });
    const pidOf = (name: string) => Number(readFileSync(join(root, "tmp", name), "utf8"));
    expect(readProcess(pidOf("inside"))).toBeUndefined();
    expect(readProcess(pidOf("outside"))).toMatchObject({ argv: ["sleep", "3002"] });
  });

  it("shows 2,500 characters in a list and 24,000 of its output", async () => {
    const commandId = await send("head -c 30000 /dev/zero");
    const done = await finished(commandId);
    const got = await ssm.send(
      new GetCommandInvocationCommand({ CommandId: commandId, InstanceId: test.nodes[0].id }),
    );
    expect(done?.CommandPlugins?.[0]?.Output).toHaveLength(2500);
    expect(got.StandardOutputContent).toHaveLength(24_000);
  });

  it("is cancelled while it runs", async () => {
    const commandId = await send("sleep 4");
    await eventually(async () => ((await invocation(commandId))?.Status === "InProgress" ? true : undefined));
    await ssm.send(new CancelCommandCommand({ CommandId: commandId }));
    expect(await finished(commandId)).toMatchObject({ Status: "Cancelled" });
  });
});

describe("a node that is cut off", () => {
  it("has commands in progress for ever, is Online still, and runs them when it is back in time", async () => {
    const [, node] = test.nodes;
    const mark = join(node.root, "tmp/ran");
    await test.cloud.faults.set("cut-off", { node: node.id });
    const commandId = await send(`touch ${mark}`, 1);
    await eventually(async () => ((await invocation(commandId))?.Status === "InProgress" ? true : undefined));
    const listed = await ssm.send(new DescribeInstanceInformationCommand({}));
    expect(listed.InstanceInformationList?.map(({ PingStatus }) => PingStatus)).toEqual(["Online", "Online"]);
    expect(existsSync(mark)).toBe(false);
    await test.cloud.faults.set("reconnect", { node: node.id });
    expect(await finished(commandId)).toMatchObject({ Status: "Success" });
    expect(existsSync(mark)).toBe(true);
  });
});

describe("faults of Run Command", () => {
  it("deliver twice: it runs twice and answers once", async () => {
    const file = join(test.nodes[0].root, "tmp/twice");
    await test.cloud.faults.set("ssm-duplicate");
    const commandId = await send(`echo run >>${file}`);
    await test.cloud.faults.set("clear");
    const lines = () => (existsSync(file) ? readFileSync(file, "utf8") : "");
    await eventually(() => (lines() === "run\nrun\n" ? true : undefined));
    expect(await finished(commandId)).toMatchObject({ Status: "Success" });
  });

  it("deliver late", async () => {
    await test.cloud.faults.set("ssm-late", { seconds: 1 });
    const begun = Date.now();
    const done = await finished(await send("true"));
    await test.cloud.faults.set("clear");
    expect(Number(done?.CommandPlugins?.[0]?.ResponseStartDateTime)).toBeGreaterThanOrEqual(begun + 1000);
  });

  it("throttle by name", async () => {
    await test.cloud.faults.set("ssm-throttled");
    await expect(send("true")).rejects.toMatchObject({ name: "ThrottlingException" });
    await test.cloud.faults.set("clear");
  });
});

describe("a send is refused", () => {
  const base = { DocumentName: DOCUMENT.name, Parameters: { Text: [encoded("true")] } };
  it.each([
    ["for an instance that is not managed", { InstanceIds: ["i-00000000000000000"] }, "InvalidInstanceId"],
    ["for an unknown document", { DocumentName: "other-doc" }, "InvalidDocument"],
    ["for less than 30 seconds of delivery", { TimeoutSeconds: 29 }, "ValidationException"],
    ["for an undeclared parameter", { Parameters: { Other: ["x"] } }, "InvalidParameters"],
    ["for a value that the pattern forbids", { Parameters: { Text: ["a'b"] } }, "InvalidParameters"],
    ["for targets, by name", { Targets: [{ Key: "tag:a", Values: ["b"] }] }, "NotImplementedInSandbox"],
  ])("%s", async (_name, change, error) => {
    const input = { ...base, InstanceIds: [test.nodes[0].id], ...change };
    await expect(ssm.send(new SendCommandCommand(input))).rejects.toMatchObject({ name: error });
  });

  it("and so is any other operation, by name", async () => {
    await expect(ssm.send(new GetParameterCommand({ Name: "x" }))).rejects.toThrow(
      "does not implement ssm:GetParameter",
    );
  });
});

it("records every call with its caller", async () => {
  await send("true");
  expect(test.calls.at(-1)).toMatchObject({
    service: "ssm",
    operation: "SendCommand",
    caller: "operator",
    status: 200,
    params: { DocumentName: DOCUMENT.name },
  });
});

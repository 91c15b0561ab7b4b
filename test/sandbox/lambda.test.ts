import { InvokeCommand, LambdaClient, ListVersionsByFunctionCommand } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { StateMachineRunner } from "../../lib/sandbox/state-machine.ts";
import { eventually, functionOf, openTestCloud, PLACE, type TestCloud } from "./support/test-cloud.ts";

const CODE = `
let count = 0;
let ticks = 0;
setInterval(() => { ticks += 1; }, 10);
export async function handler(event, context) {
  count += 1;
  console.log(JSON.stringify({ message: "called", count }));
  if (event.wait) await new Promise((resolve) => setTimeout(resolve, event.wait));
  if (event.fail) throw Object.assign(new Error("no luck"), { name: "BadLuck" });
  if (event.exit) process.exit(1);
  if (event.call) {
    const answer = await fetch(process.env.AWS_ENDPOINT_URL, {
      method: "POST",
      headers: {
        authorization: "AWS4-HMAC-SHA256 Credential=" + process.env.AWS_ACCESS_KEY_ID + "/20260101/us-east-1/sts/aws4_request",
        "content-type": "application/x-www-form-urlencoded",
      },
      body: "Action=GetCallerIdentity&Version=2011-06-15",
    });
    return await answer.text();
  }
  return { count, ticks, pid: process.pid, env: Object.keys(process.env).sort(), arn: context.invokedFunctionArn,
    left: context.getRemainingTimeInMillis(), requestId: context.awsRequestId, secret: process.env.DEVELOPER_SECRET };
}`;

let test: TestCloud;
let client: LambdaClient;
beforeAll(async () => {
  process.env["DEVELOPER_SECRET"] = "leaks";
  test = await openTestCloud((folder) => ({
    functions: [
      functionOf(folder, CODE, { environment: { OWN: "1" } }),
      functionOf(folder, CODE, { name: "single", reservedConcurrency: 1 }),
      functionOf(folder, "export const nothing = 1;", { name: "broken" }),
    ],
  }));
  client = new LambdaClient(test.clientOptions);
});
afterAll(async () => {
  delete process.env["DEVELOPER_SECRET"];
  client.destroy();
  await test.close();
});

async function invoke(payload: object, more: object = {}) {
  const output = await client.send(
    new InvokeCommand({ FunctionName: "subject", Payload: JSON.stringify(payload), ...more }),
  );
  const text = Buffer.from(output.Payload ?? []).toString("utf8");
  return { ...output, body: (text === "" ? undefined : JSON.parse(text)) as Record<string, unknown> };
}

describe("an invocation", () => {
  it("finds memory warm, frozen in between, under the alias that was asked", async () => {
    const first = await invoke({}, { Qualifier: "tick" });
    await new Promise((resolve) => {
      setTimeout(resolve, 200);
    });
    const second = await invoke({}, { Qualifier: "tick", LogType: "Tail" });
    expect(second.body).toMatchObject({
      pid: first.body["pid"],
      count: 2,
      arn: "arn:aws:lambda:us-east-1:000000000000:function:subject:tick",
    });
    expect(Number(second.body["ticks"]) - Number(first.body["ticks"])).toBeLessThan(10);
    expect(second.ExecutedVersion).toBe("1");
    expect(Buffer.from(second.LogResult ?? "", "base64").toString()).toContain('"count":2');
  });

  it("has Lambda's environment and the template's, and nothing of the developer's", async () => {
    const { body } = await invoke({});
    expect(body["env"]).toEqual(expect.arrayContaining(["OWN", "AWS_REGION", "AWS_LAMBDA_FUNCTION_NAME"]));
    expect(body["env"]).not.toContain("HOME");
    expect(body["env"]).not.toContain("DEVELOPER_SECRET");
    expect(Number(body["left"])).toBeLessThanOrEqual(1000);
  });

  it("runs beside another one in a process of its own", async () => {
    const [left, right] = await Promise.all([invoke({ wait: 150 }), invoke({ wait: 150 })]);
    expect(left.body["pid"]).not.toBe(right.body["pid"]);
  });

  it("is killed at the timeout, and the next one starts anew", async () => {
    const before = await invoke({});
    const { FunctionError, StatusCode, body } = await invoke({ wait: 5_000 });
    expect({ FunctionError, StatusCode }).toEqual({ FunctionError: "Unhandled", StatusCode: 200 });
    expect(body["errorMessage"]).toContain("Task timed out after 1.00 seconds");
    expect(test.events.recent.at(-1)).toMatchObject({
      kind: "problem",
      text: expect.stringContaining("Task timed out after 1.00 seconds") as string,
    });
    expect((await invoke({})).body["pid"]).not.toBe(before.body["pid"]);
  });

  it.each([
    [{ fail: true }, "BadLuck", "no luck"],
    [{ exit: true }, "Runtime.ExitError", "Runtime exited"],
  ])("that fails by %j answers a function error", async (payload, errorType, message) => {
    const { FunctionError, body } = await invoke(payload);
    expect(FunctionError).toBe("Unhandled");
    expect(body["errorType"]).toBe(errorType);
    expect(body["errorMessage"]).toContain(message);
  });

  it("of code without the handler names what is missing", async () => {
    const { FunctionError, body } = await invoke({}, { FunctionName: "broken" });
    expect(FunctionError).toBe("Unhandled");
    expect(body).toMatchObject({ errorType: "Runtime.HandlerNotFound" });
  });

  it("is killed at the call that a fault names, and the call is recorded as the function's", async () => {
    await test.cloud.faults.set("lambda-killed-at", { call: "sts:GetCallerIdentity", when: "after" });
    const { FunctionError, body } = await invoke({ call: true });
    expect(FunctionError).toBe("Unhandled");
    expect(body["errorType"]).toBe("Runtime.ExitError");
    expect(test.calls.find(({ operation }) => operation === "GetCallerIdentity")?.caller).toBe(
      "function:subject",
    );
    expect(test.cloud.faults.standing.size).toBe(0);
  });

  it("later is accepted at once and runs afterwards; a dry run runs nothing", async () => {
    const lines = test.cloud.logs.lines.length;
    expect((await invoke({}, { InvocationType: "DryRun" })).StatusCode).toBe(204);
    expect(test.cloud.logs.lines).toHaveLength(lines);
    expect((await invoke({}, { InvocationType: "Event" })).StatusCode).toBe(202);
    await eventually(() => (test.cloud.logs.lines.length > lines ? true : undefined));
  });

  it("is throttled above the reserved concurrency", async () => {
    const outcomes = await Promise.allSettled([
      invoke({ wait: 200 }, { FunctionName: "single" }),
      invoke({ wait: 200 }, { FunctionName: "single" }),
    ]);
    const refused = outcomes.filter((one) => one.status === "rejected");
    expect(refused.map((one) => one.reason as unknown)).toMatchObject([{ name: "TooManyRequestsException" }]);
  });

  it.each([
    [{ FunctionName: "absent" }, "ResourceNotFoundException"],
    [{ Qualifier: "absent" }, "ResourceNotFoundException"],
    [{ Payload: "{" }, "InvalidRequestContentException"],
  ])("of %j is refused", async (more, name) => {
    await expect(invoke({}, more)).rejects.toMatchObject({ name });
  });

  it("aside, operations are refused by name", async () => {
    await expect(client.send(new ListVersionsByFunctionCommand({ FunctionName: "subject" }))).rejects.toThrow(
      "lambda:GET /2015-03-31/functions/subject/versions",
    );
  });
});

describe("a state machine", () => {
  const definition = (functionName: string, payload: object) => ({
    StartAt: "Tick",
    States: {
      Tick: {
        Type: "Task",
        Resource: "arn:aws:states:::lambda:invoke",
        Parameters: { FunctionName: functionName, Payload: payload },
        OutputPath: "$.Payload",
        Catch: [{ ErrorEquals: ["States.ALL"], Next: "Caught" }],
        Next: "Done",
      },
      Caught: { Type: "Fail", ErrorPath: "$.Error", CausePath: "$.Cause" },
      Done: { Type: "Succeed" },
    },
  });
  const runner = (functionName: string, payload: object) =>
    new StateMachineRunner(
      {
        name: "loop",
        arn: "arn:aws:states:us-east-1:000000000000:stateMachine:loop",
        type: "EXPRESS",
        definition: JSON.stringify(definition(functionName, payload)),
      },
      client,
      PLACE,
    );

  it("runs the definition; the task invokes through the gateway", async () => {
    const machine = runner("subject", { "id.$": "$$.Execution.Id", "at.$": "$$.Execution.StartTime" });
    const execution = machine.start({});
    await eventually(() => (execution.status === "RUNNING" ? undefined : true));
    expect(execution).toMatchObject({ status: "SUCCEEDED" });
    const call = test.calls.findLast(({ operation }) => operation === "Invoke");
    expect(call?.params["Payload"]).toContain(execution.arn);
    expect(execution.arn).toMatch(/^arn:aws:states:us-east-1:000000000000:express:loop:/u);
  });

  it.each([
    ["absent", {}, "Lambda.ResourceNotFoundException"],
    ["subject", { fail: true }, "BadLuck"],
    ["subject", { wait: 5000 }, "Sandbox.Timedout"],
  ])("names the failure of %s with %j", async (name, payload, error) => {
    const execution = runner(name, payload).start({});
    await eventually(() => (execution.status === "RUNNING" ? undefined : true));
    expect(execution.error).toContain(error);
  });

  it("names throttling as Step Functions does", async () => {
    await test.cloud.faults.set("lambda-throttled");
    const execution = runner("subject", {}).start({});
    await eventually(() => (execution.status === "RUNNING" ? undefined : true));
    await test.cloud.faults.set("clear");
    expect(execution.error).toContain("Lambda.TooManyRequestsException");
  });

  it("is refused by name where the interpreter would ignore a part of it", () => {
    const model = { name: "loop", arn: "arn:aws:states:x", type: "EXPRESS" as const };
    const jsonata = JSON.stringify({ ...definition("subject", {}), QueryLanguage: "JSONata" });
    expect(() => new StateMachineRunner({ ...model, definition: jsonata }, client, PLACE)).toThrow(
      "does not implement QueryLanguage",
    );
  });
});

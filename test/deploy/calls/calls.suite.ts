/** One session of the whole system, and three judges of it: IAM, AWS's own service models, AWS's own command line. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { QUERIES } from "../../../lib/constructs/queries.ts";
import { EVENT_SOURCE } from "../../../lib/core/events.ts";
import { METRIC_NAMES } from "../../../lib/core/metrics.ts";
import { pythonEnvironment } from "../python.ts";
import { isAllowed } from "./evaluate.ts";
import { CONTROLLER, LOOP, arn, askedBy, type IamRequest, mail, onDocument, onInstance } from "./requests.ts";
import { readRoles, type Role } from "./roles.ts";
import { recordSession } from "./session.ts";
import { judgeExchanges, type Verdict } from "./exchanges.ts";
import { SMOKE } from "./smoke.ts";

const folder = mkdtempSync(join(tmpdir(), "session-"));
afterAll(() => rmSync(folder, { recursive: true }));

const python = pythonEnvironment("judges");
const session = await recordSession(folder, python?.program("aws"));
const roles = readRoles(session.assembly);

describe("the session", () => {
  it("has in it every figure that an alarm or the dashboard rests on, above 0", () => {
    const silent = METRIC_NAMES.filter((name) => !((session.metrics[name] ?? 0) > 0));
    expect(silent).toEqual([]);
    expect(session.mails).toBeGreaterThan(3);
  });
});

describe("the saved queries", () => {
  const at = (line: Readonly<Record<string, unknown>>, field: string): unknown =>
    field
      .split(".")
      .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], line);

  it.each(QUERIES)("$name: reads fields that the controller's lines have", ({ lines, fields }) => {
    const names = lines.flatMap((each) => [...each.matchAll(/message in \[([^\]]+)\]/g)]);
    const messages = names.flatMap(([, list]) => JSON.parse(`[${list}]`) as string[]);
    const found = session.lines.filter(({ message }) => messages.includes(String(message)));
    expect(found.length).toBeGreaterThan(0);
    const compared = lines.flatMap((each) =>
      [...each.matchAll(/and (\w+) (?:>|in) /g)].map(([, name = ""]) => name),
    );
    const unknown = [...fields, ...compared].filter(
      (field) => !found.some((line) => at(line, field) !== undefined),
    );
    expect(unknown).toEqual([]);
  });
});

const callsOf = (caller: RegExp) => session.calls.filter((call) => caller.test(call.caller));

const byRole: readonly (readonly [name: string, role: Role, asked: readonly IamRequest[]])[] = [
  ["the controller", roles.controller, askedBy(CONTROLLER, session.calls, session.tags)],
  ["the loop", roles.loop, askedBy(LOOP, session.calls, session.tags)],
];

const allowedTo = (role: Role, request: IamRequest, identity = role.statements): Promise<boolean> =>
  isAllowed(role.arn, request, { identity });

/** What AWS itself does under a role: no call of it passes the sandbox's gateway. */
const BY_AWS: Readonly<Record<string, { readonly why: string; readonly request: () => IamRequest }>> = {
  WriteLogs: {
    why: "Lambda's runtime writes what the function prints",
    request: () => ({
      action: "logs:PutLogEvents",
      resource: arn("logs", `log-group:${logGroupName()}:log-stream:2026/11/24/[1]x`),
      context: {},
    }),
  },
  DeliverLogs: {
    why: "Step Functions sets up the delivery of its logs when the state machine is made",
    request: () => ({ action: "logs:CreateLogDelivery", resource: "*", context: {} }),
  },
  StartLoop: {
    why: "the schedule starts the loop",
    request: () => ({
      action: "states:StartExecution",
      resource: roles.arnOf("AWS::StepFunctions::StateMachine"),
      context: {},
    }),
  },
};

/** As the statement names it: the group of the function, without the `:*` of its streams. */
const logGroupName = (): string => {
  const { Resource } = roles.controller.statements.find(({ Sid }) => Sid === "WriteLogs") ?? {};
  return String(Resource).replace(/^.*:log-group:(.*):\*$/, "$1");
};

describe("IAM, asked with resource and context for every call of the session,", () => {
  it.each(byRole)("allows %s all of them", async (name, role, asked) => {
    const results = await Promise.all(
      asked.map(async (request) => [await allowedTo(role, request), request]),
    );
    const denied = results.filter(([allowed]) => allowed !== true).map(([, request]) => request);
    const made = callsOf(name === "the loop" ? LOOP : CONTROLLER).length;
    console.log(`${name}: ${made} calls, ${asked.length} different requests, ${denied.length} denied`);
    expect(denied).toEqual([]);
    expect(asked.length).toBeGreaterThan(0);
  });

  it("needs every statement for one of them, or for what AWS does itself under the role", async () => {
    const needed: string[] = [];
    const all = [...byRole, ["the schedule", roles.schedule, []] as const];
    for (const [name, role, asked] of all) {
      for (const statement of role.statements) {
        const explained = BY_AWS[statement.Sid];
        const requests = explained ? [explained.request()] : asked;
        const uses = await Promise.all(requests.map((request) => allowedTo(role, request, [statement])));
        if (!uses.includes(true)) needed.push(`${statement.Sid} of ${name} is never needed`);
      }
    }
    expect(needed).toEqual([]);
  });

  it("needs every action of every statement", () => {
    const asked = new Set(byRole.flatMap(([, , requests]) => requests.map(({ action }) => action)));
    const granted = byRole.flatMap(([, role]) =>
      role.statements.filter(({ Sid }) => !BY_AWS[Sid]).flatMap(({ Action }) => [Action].flat()),
    );
    expect([...new Set(granted)].toSorted()).toEqual([...asked].toSorted());
  });

  it("lets EC2's events wake the controller through its alias for ticks, by the rule alone", async () => {
    const alias = [roles.loop.statements.find(({ Sid }) => Sid === "Tick")?.Resource].flat().join();
    const wake = (rule: string): Promise<boolean> =>
      isAllowed(
        "events.amazonaws.com",
        { action: "lambda:InvokeFunction", resource: alias, context: { "aws:SourceArn": rule } },
        { resource: roles.onAlias },
      );
    expect(await wake(roles.arnOf("AWS::Events::Rule"))).toBe(true);
    expect(await wake(arn("events", "rule/another"))).toBe(false);
  });
});

const event = (bus: string, source: string): IamRequest => ({
  action: "events:PutEvents",
  resource: arn("events", `event-bus/${bus}`),
  context: { "events:source": [source] },
});

describe("IAM denies the controller", () => {
  const [node = ""] = Object.keys(session.tags);
  const strangers = { "i-0fffffffffffffff0": {}, "i-0fffffffffffffff1": { "scheduler-failover": "other" } };
  const from = String(
    callsOf(/^function:/).find(({ operation }) => operation === "SendEmail")?.params["Source"],
  );
  const own = (type: string): string => roles.arnOf(type);
  const denied: readonly (readonly [string, IamRequest | undefined])[] = [
    ["another deployment's document", onDocument("Other-demo-0123456789ab")],
    ["a shell, by a copy of AWS-RunShellScript in the account", onDocument("AWS-RunShellScript")],
    ["an event in another's name", event("default", "aws.ec2")],
    ["an event on another bus", event("other", EVENT_SOURCE)],
    [
      "a command on an instance without a tag",
      onInstance("ssm:SendCommand", "i-0fffffffffffffff0", strangers),
    ],
    ["a command on another cluster's node", onInstance("ssm:SendCommand", "i-0fffffffffffffff1", strangers)],
    ["stopping an instance without a tag", onInstance("ec2:StopInstances", "i-0fffffffffffffff0", strangers)],
    ["stopping another cluster's node", onInstance("ec2:StopInstances", "i-0fffffffffffffff1", strangers)],
    ["terminating its own node", onInstance("ec2:TerminateInstances", node, session.tags)],
    ["starting its own node", onInstance("ec2:StartInstances", node, session.tags)],
    ["a mail from another address", mail("ceo@sandbox.scheduler-failover.dev", [from])[0]],
    [
      "another table",
      { action: "dynamodb:UpdateItem", resource: arn("dynamodb", "table/other"), context: {} },
    ],
    [
      "deleting a record",
      { action: "dynamodb:DeleteItem", resource: own("AWS::DynamoDB::Table"), context: {} },
    ],
    ["scanning its table", { action: "dynamodb:Scan", resource: own("AWS::DynamoDB::Table"), context: {} }],
    [
      "invoking itself",
      { action: "lambda:InvokeFunction", resource: own("AWS::Lambda::Function"), context: {} },
    ],
    ["taking a role", { action: "sts:AssumeRole", resource: roles.loop.arn, context: {} }],
  ];
  it.each(denied)("%s", async (_, request) => {
    expect(request && (await allowedTo(roles.controller, request))).toBe(false);
  });

  it("what the loop may, and the loop all but its alias", async () => {
    const [tick] = askedBy(LOOP, session.calls, session.tags);
    expect(tick && (await allowedTo(roles.controller, tick))).toBe(false);
    const operate = { ...tick, resource: tick?.resource.replace(/:tick$/, ":operate") } as IamRequest;
    expect(operate.resource).toMatch(/:operate$/);
    expect(await allowedTo(roles.loop, operate)).toBe(false);
  });
});

const judge = (file: string): Verdict => {
  if (python === undefined) throw new Error("there is no judge");
  return judgeExchanges(python, file);
};

describe.skipIf(python === undefined)("AWS's own service models", () => {
  it("find nothing wrong in any request, reply or error of the session", () => {
    const { violations, operations, ...counts } = judge(session.exchanges);
    console.log(JSON.stringify({ ...counts, operations: Object.keys(operations).length }));
    expect(violations).toEqual([]);
    expect(counts.requests).toBe(session.calls.filter(({ status }) => status !== 0).length);
    expect(counts.errors).toBeGreaterThan(10);
    expect(Object.keys(operations).length).toBeGreaterThan(10);
  });

  it.each(TAMPERED())("find %s", (_, operation, tamper, fault) => {
    const lines = readFileSync(session.exchanges, "utf8").trim().split("\n");
    const exchange = lines
      .map((line) => JSON.parse(line) as Exchange)
      .filter((one) => one.operation === operation && one.reply.status < 300)
      .map((one) => [one, tampered(one, tamper)] as const)
      .findLast(([before, after]) => JSON.stringify(before) !== JSON.stringify(after))?.[1];
    const file = join(folder, "tampered.jsonl");
    writeFileSync(file, `${JSON.stringify(exchange)}\n`);
    expect(
      judge(file)
        .violations.map((one) => `${one.part}: ${one.fault}`)
        .join("\n"),
    ).toContain(fault);
  });
});

interface Exchange {
  readonly operation: string;
  readonly request: Message;
  readonly reply: Message & { readonly status: number };
}
interface Message {
  readonly body: string;
}
type Tamper = readonly ["request" | "reply", (body: string) => string];

const tampered = (exchange: Exchange, [part, change]: Tamper): Exchange => {
  const body = change(Buffer.from(exchange[part].body, "base64").toString());
  return { ...exchange, [part]: { ...exchange[part], body: Buffer.from(body).toString("base64") } };
};

/** One of each kind of defect, so that a judge that passes over it is found out. */
function TAMPERED(): readonly (readonly [string, string, Tamper, string])[] {
  const json = (change: (body: Record<string, unknown>) => object) => (text: string) =>
    JSON.stringify(change(JSON.parse(text) as Record<string, unknown>));
  return [
    [
      "a member that no request has",
      "SendCommand",
      ["request", json((body) => ({ ...body, Retries: 1 }))],
      'Unknown parameter in input: "Retries"',
    ],
    [
      "a member that is missing",
      "SendCommand",
      ["request", json((body) => ({ ...body, DocumentName: undefined }))],
      'Missing required parameter in input: "DocumentName"',
    ],
    [
      "a wait that is too short",
      "SendCommand",
      ["request", json((body) => ({ ...body, TimeoutSeconds: 29 }))],
      "TimeoutSeconds, value: 29",
    ],
    [
      "an instance's id that is none",
      "SendCommand",
      ["request", json((body) => ({ ...body, InstanceIds: ["i-1"] }))],
      "does not match",
    ],
    [
      "more recipients of a mail than a list",
      "SendEmail",
      ["request", (text) => `${text}&Destination.Everybody=yes`],
      "Destination.Everybody is no parameter",
    ],
    [
      "a filter of another name",
      "DescribeInstances",
      ["request", (text) => text.replace("Filter.1.Name", "Filters.1.Name")],
      "Filters.1.Name is no parameter",
    ],
    [
      "a status that does not exist",
      "ListCommandInvocations",
      ["reply", (text) => text.replaceAll('"Status":"', '"Status":"Quite')],
      "none of",
    ],
    [
      "a member that no reply has",
      "ListCommandInvocations",
      ["reply", json((body) => ({ ...body, Weather: "fine" }))],
      "Weather is no member",
    ],
    [
      "an element that no reply has",
      "DescribeInstances",
      ["reply", (text) => text.replaceAll("instanceType>", "instanceKind>")],
      "instanceKind is no member",
    ],
    [
      "an instance's state that does not exist",
      "DescribeInstances",
      ["reply", (text) => text.replaceAll("<name>running</name>", "<name>jogging</name>")],
      "jogging",
    ],
  ];
}

describe.skipIf(python === undefined)("AWS's own command line, against the sandbox, shows", () => {
  it.each(SMOKE.map((command) => [command.says, command] as const))("%s", (_, command) => {
    const result = session.smoke.find((one) => one.command === command);
    const said = `${result?.stdout}${result?.stderr}`;
    expect(said).toMatch(command.shows);
    expect(result?.status === 0).toBe(command.refused !== true);
  });
});

/**
 * The life of a deployment, by the pinned CDK tool against an emulator: bootstrapped, made, left alone, changed, failed,
 * taken away. What the emulator refuses or only pretends is asserted, too, so that the table in docs/deploy.md stays
 * true: MiniStack is no judge of a template, and what it lets pass is covered by the check that the table names.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { changed, cluster } from "../../settings/written.ts";
import { pythonEnvironment } from "../python.ts";
import { readTemplate, REFUSED, type Template, withTemplate, without } from "./assembly.ts";
import { ACCOUNT, Emulator, REGION } from "./emulator.ts";

const STACK = "SchedulerFailover";

const folder = mkdtempSync(join(tmpdir(), "deploy-"));
const ministack = pythonEnvironment("ministack");
const judges = pythonEnvironment("judges");
const emulator = ministack && judges ? await Emulator.start(folder, ministack, judges) : undefined;
afterAll(() => {
  emulator?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const aws = (...args: readonly string[]): Record<string, unknown> =>
  running().aws(...args) as Record<string, unknown>;
const running = (): Emulator => {
  if (emulator === undefined) throw new Error("there is no emulator");
  return emulator;
};

/** Writes settings, synthesizes the app with the tool, and answers the assembly that MiniStack takes. */
const assemble = (name: string, written: object, change = (template: Template) => template): string => {
  const settings = join(folder, `${name}.yaml`);
  writeFileSync(settings, stringify(written));
  const whole = join(folder, `${name}.whole`);
  const made = running().cdk("synth", "--quiet", "-c", `settings=${settings}`, "-o", whole);
  if (made.status !== 0) throw new Error(made.output);
  const assembly = join(folder, name);
  withTemplate(whole, assembly, STACK, (template) => change(without(...REFUSED)(template)));
  return assembly;
};

const deploy = (assembly: string) =>
  running().cdk("deploy", "--app", assembly, "--require-approval", "never", "--progress", "events");

interface Stack {
  readonly StackStatus: string;
  readonly EnableTerminationProtection: boolean;
  readonly Outputs: readonly { readonly OutputKey: string; readonly OutputValue: string }[];
}
const stack = (): Stack => {
  const { Stacks } = aws("cloudformation", "describe-stacks", "--stack-name", STACK);
  return (Stacks as readonly [Stack])[0];
};
const output = (key: string): string =>
  stack().Outputs.find(({ OutputKey }) => OutputKey === key)?.OutputValue ?? "";

interface Made {
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId: string;
  readonly ResourceType: string;
  readonly ResourceStatus: string;
}
const resources = (): readonly Made[] =>
  aws("cloudformation", "list-stack-resources", "--stack-name", STACK)[
    "StackResourceSummaries"
  ] as readonly Made[];
const physical = (type: string): string =>
  resources().find(({ ResourceType }) => ResourceType === type)?.PhysicalResourceId ?? "";
const versionOf = (alias: string): unknown =>
  aws("lambda", "get-alias", "--function-name", output("FunctionName"), "--name", alias)["FunctionVersion"];

/** As the loop invokes it. */
const tick = (): unknown =>
  running().invoke(output("FunctionName"), "tick", {
    action: "tick",
    execution: { id: "by-hand", startedAt: new Date().toISOString() },
  });
const status = (name: string): unknown =>
  running().invoke(output("FunctionName"), "read", { action: "status", cluster: name });

const first = changed();
const second = changed([
  "clusters.night",
  { ...cluster(), nodes: { instanceIds: ["i-0aaaaaaaaaaaaaaaa"] }, scheduler: { unit: "beat.service" } },
]);

describe.skipIf(emulator === undefined)("an account without anything", () => {
  it("is bootstrapped", () => {
    const { status, output } = running().cdkWithoutApp("bootstrap", `aws://${ACCOUNT}/${REGION}`);
    expect(output).toContain("bootstrapped");
    expect(status).toBe(0);
  });

  it("does not get settings that are still the example's", () => {
    const { status, output } = running().cdk(
      "deploy",
      "--require-approval",
      "never",
      "-o",
      join(folder, "example"),
    );
    expect(status).not.toBe(0);
    expect(output).toContain("The settings still carry an example's values");
  });

  it("does not get the whole app from MiniStack, which lacks some types of resources", () => {
    assemble("first", first);
    const { status, output } = deploy(join(folder, "first.whole"));
    expect(status).not.toBe(0);
    const types = Object.values(readTemplate(join(folder, "first.whole"), STACK).Resources).map(
      ({ Type }) => Type,
    );
    const refused = /Unrecognized resource types: \[(.*)\]/.exec(output)?.[1]?.split(/,\s*/) ?? [];
    expect(refused.toSorted()).toEqual(REFUSED.filter((type) => types.includes(type)));
  });
});

describe.skipIf(emulator === undefined)("a first deploy", () => {
  it("that fails leaves nothing running, and says what to do before the next one", () => {
    const broken = assemble("broken", first, breakAlarm);
    expect(deploy(broken).status).not.toBe(0);
    expect(stack().StackStatus).toBe("ROLLBACK_COMPLETE");
    /** The tool deletes such a stack before it makes it anew, which its protection forbids. */
    expect(deploy(join(folder, "first")).output).toContain("TerminationProtection is enabled");
    unprotect();
  });

  it("makes every resource, and puts out the four outputs", () => {
    const assembly = join(folder, "first");
    const { status, output: said } = deploy(assembly);
    expect(said).toContain(`✅  ${STACK}`);
    expect(status).toBe(0);
    const wanted = readTemplate(assembly, STACK);
    expect(
      resources()
        .map(({ LogicalResourceId }) => LogicalResourceId)
        .toSorted(),
    ).toEqual(Object.keys(wanted.Resources).toSorted());
    expect(resources().filter(({ ResourceStatus }) => ResourceStatus !== "CREATE_COMPLETE")).toEqual([]);
    expect(
      stack()
        .Outputs.map(({ OutputKey }) => OutputKey)
        .toSorted(),
    ).toEqual(Object.keys(wanted.Outputs).toSorted());
    expect(stack().EnableTerminationProtection).toBe(true);
  });

  it("makes the table with its keys, protected", () => {
    const { Table } = aws("dynamodb", "describe-table", "--table-name", output("TableName"));
    expect(Table).toMatchObject({
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
      BillingModeSummary: { BillingMode: "PAY_PER_REQUEST" },
      DeletionProtectionEnabled: true,
    });
  });

  it("makes a schedule that starts the loop each minute", () => {
    const Target = {
      Arn: physical("AWS::StepFunctions::StateMachine"),
      RetryPolicy: { MaximumRetryAttempts: 0 },
    };
    expect(aws("scheduler", "get-schedule", "--name", scheduleName())).toMatchObject({
      ScheduleExpression: "rate(1 minute)",
      State: "ENABLED",
      FlexibleTimeWindow: { Mode: "OFF" },
      Target,
    });
  });

  it("makes the function with its three aliases on one version", () => {
    const fn = aws("lambda", "get-function-configuration", "--function-name", output("FunctionName"));
    expect(fn).toMatchObject({
      Runtime: "nodejs24.x",
      Timeout: 20,
      MemorySize: 256,
      Architectures: ["arm64"],
    });
    expect(["tick", "operate", "read"].map(versionOf)).toEqual(["1", "1", "1"]);
  });

  it("makes the alarms, each with its topic", () => {
    const { MetricAlarms } = aws("cloudwatch", "describe-alarms", "--alarm-name-prefix", `${STACK}-`);
    const alarms = MetricAlarms as readonly { readonly AlarmActions: readonly string[] }[];
    const wanted = Object.values(readTemplate(join(folder, "first"), STACK).Resources);
    expect(alarms).toHaveLength(wanted.filter(({ Type }) => Type === "AWS::CloudWatch::Alarm").length);
    for (const { AlarmActions } of alarms) expect(AlarmActions).toEqual([output("TopicArn")]);
  });

  it("makes a controller that ticks: its record is in the table, its answer is the loop's next instant", () => {
    expect(tick()).toEqual({ done: false, next: expect.stringMatching(/^\d{4}-.*Z$/), patience: 10 });
    expect(status("main")).toMatchObject({ ok: true, code: "NO_NODES" });
  });
});

describe.skipIf(emulator === undefined)("a deploy after it", () => {
  it("without a change changes nothing", () => {
    const { status, output: said } = deploy(join(folder, "first"));
    expect(said).toContain("(no changes)");
    expect(status).toBe(0);
    expect(versionOf("tick")).toBe("1");
  });

  it("with one more cluster, whose node is listed, moves the aliases and keeps the record", () => {
    const before = output("TableName");
    expect(deploy(assemble("second", second)).status).toBe(0);
    expect(["tick", "operate", "read"].map(versionOf)).toEqual(["2", "2", "2"]);
    expect(output("TableName")).toBe(before);
    expect(status("main")).toMatchObject({ ok: true, code: "NO_NODES" });
    tick();
    expect(status("night")).toMatchObject({ ok: true, cluster: "night" });
  });

  it("whose version cannot read a record is taken back before an alias points to it", () => {
    const table = output("TableName");
    const key = JSON.stringify({ pk: { S: "CLUSTER#main" }, sk: { S: "RECORD" } });
    const { Item } = aws("dynamodb", "get-item", "--table-name", table, "--key", key);
    const put = (item: object) =>
      running().aws("dynamodb", "put-item", "--table-name", table, "--item", JSON.stringify(item));
    put({ ...(Item as object), schema: { N: "99" } });
    const { status: failed, output: said } = deploy(assemble("unready", { ...second, logLevel: "debug" }));
    put(Item as object);
    expect(failed).not.toBe(0);
    expect(said).toMatch(/cluster main: .*schema/);
    expect(stack().StackStatus).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(["tick", "operate", "read"].map(versionOf)).toEqual(["2", "2", "2"]);
    expect(status("main")).toMatchObject({ ok: true, code: "NO_NODES" });
  });

  it("that fails is taken back: the aliases stand where they stood, and the loop ticks on", () => {
    const third = changed(["beatSeconds", 15]);
    expect(deploy(assemble("third", third, breakAlarm)).status).not.toBe(0);
    expect(stack().StackStatus).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(["tick", "operate", "read"].map(versionOf)).toEqual(["2", "2", "2"]);
    expect(tick()).toMatchObject({ done: false });
    expect(status("night")).toMatchObject({ ok: true });
  });
});

describe.skipIf(emulator === undefined)("what MiniStack only pretends", () => {
  it("is a table without time to live, recovery and encryption", () => {
    const table = ["--table-name", output("TableName")];
    expect(aws("dynamodb", "describe-time-to-live", ...table)).toMatchObject({
      TimeToLiveDescription: { TimeToLiveStatus: "DISABLED" },
    });
    expect(aws("dynamodb", "describe-continuous-backups", ...table)).toMatchObject({
      ContinuousBackupsDescription: {
        PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: "DISABLED" },
      },
    });
    expect(aws("dynamodb", "describe-table", ...table)["Table"]).not.toHaveProperty("SSEDescription");
  });

  it("is a sender that is confirmed without a mail", () => {
    const addresses = ["--identities", "scheduler@airline.dev"];
    expect(aws("ses", "get-identity-verification-attributes", ...addresses)).toMatchObject({
      VerificationAttributes: { "scheduler@airline.dev": { VerificationStatus: "Success" } },
    });
  });
});

describe.skipIf(emulator === undefined)("the end of a deployment", () => {
  it("is refused as long as the stack is protected", () => {
    const { status, output: said } = destroy();
    expect(status).not.toBe(0);
    expect(said).toContain("TerminationProtection");
  });

  it("takes everything away but the table, with its record", () => {
    const table = output("TableName");
    const functionName = output("FunctionName");
    unprotect();
    expect(destroy().status).toBe(0);
    expect(() => stack()).toThrow("does not exist");
    expect(() => aws("lambda", "get-function", "--function-name", functionName)).toThrow("not found");
    expect(aws("scheduler", "list-schedules")["Schedules"]).toEqual([]);
    expect(aws("stepfunctions", "list-state-machines")["stateMachines"]).toEqual([]);
    const key = JSON.stringify({ pk: { S: "CLUSTER#main" }, sk: { S: "RECORD" } });
    expect(aws("dynamodb", "get-item", "--table-name", table, "--key", key)).toHaveProperty("Item.token");
  });
});

const destroy = () => running().cdk("destroy", "--app", join(folder, "second"), "--force");

const unprotect = (): void => {
  aws(
    "cloudformation",
    "update-termination-protection",
    "--no-enable-termination-protection",
    "--stack-name",
    STACK,
  );
};

const scheduleName = (): string => {
  const { Schedules } = aws("scheduler", "list-schedules");
  return (Schedules as readonly [{ readonly Name: string }])[0].Name;
};

/** An alarm on metric math, which MiniStack refuses when it makes it: a fault in the middle of a deploy. */
function breakAlarm(template: Template): Template {
  const [id = "", alarm] =
    Object.entries(template.Resources).find(([, { Type }]) => Type === "AWS::CloudWatch::Alarm") ?? [];
  const { MetricName: _, Namespace: __, ...properties } = alarm?.Properties ?? {};
  const broken = { ...properties, Metrics: [{ Id: "m1", Expression: "1" }] };
  const Resources = { ...template.Resources, [id]: { Type: "AWS::CloudWatch::Alarm", Properties: broken } };
  return { ...template, Resources };
}

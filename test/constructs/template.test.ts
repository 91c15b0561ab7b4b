import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readSettings } from "../../lib/settings/read.ts";
import { changed, cluster } from "../settings/written.ts";
import { type Resource, type Statement, deploy, plain, statementsOf } from "./deployed.ts";
import { LISTED, twoClusters as written } from "./two-clusters.ts";

const deployed = await deploy(written);
const { ofType, only, resources } = deployed;

const names = (found: readonly Resource[]): readonly string[] => found.map(({ id }) => id);

describe("the table", () => {
  it("survives a deletion of the stack or of itself, and can be restored", () => {
    const table = only("AWS::DynamoDB::Table");
    expect(table.deletionPolicy).toBe("Retain");
    expect(table.properties).toMatchObject({
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true },
      BillingMode: "PAY_PER_REQUEST",
      TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: true },
    });
    expect(table.properties).not.toHaveProperty("TableName");
  });
});

describe("the function", () => {
  it("is on the runtime that the project is tested on, below the lease in time", () => {
    expect(only("AWS::Lambda::Function").properties).toMatchObject({
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
      Handler: "index.handler",
      Timeout: 20,
      MemorySize: 256,
    });
  });

  it("learns from its environment where its parts are", () => {
    const { Variables } = only("AWS::Lambda::Function").properties["Environment"] as {
      Variables: Record<string, string>;
    };
    const table = only("AWS::DynamoDB::Table").id;
    const documents = ofType("AWS::SSM::Document").map(({ properties }) => properties["Name"]);
    expect(Variables).toMatchObject({
      TABLE_NAME: `<${table}>`,
      OWNER: `<${table}.Arn>`,
      LOG_LEVEL: "INFO",
      POWERTOOLS_METRICS_NAMESPACE: "SchedulerFailover",
    });
    expect(Variables["DASHBOARD_URL"]).toMatch(
      /^https:\/\/.*#dashboards\/dashboard\/SchedulerFailover-<AWS::Region>$/,
    );
    const hashes = Object.entries(JSON.parse(Variables["DOCUMENTS"] ?? "") as Record<string, string>);
    const prefix = Variables["DOCUMENT_PREFIX"] ?? "";
    expect(hashes.map(([name]) => name)).toEqual(["main", "night-jobs"]);
    expect(hashes.map(([name, hash]) => `${prefix}${name}-${hash}`)).toEqual(documents);
  });

  it("has in its code asset one module and the settings, complete", () => {
    expect(readdirSync(deployed.codeDirectory).toSorted()).toEqual(["index.mjs", "settings.json"]);
    const settings: unknown = JSON.parse(readFileSync(join(deployed.codeDirectory, "settings.json"), "utf8"));
    expect(settings).toEqual(readSettings({ inline: written, name: "test" }));
  });

  it("is reached through aliases of a published version, none of which repeats a lost event", () => {
    const aliases = ofType("AWS::Lambda::Alias");
    expect(aliases.map(({ properties }) => properties["Name"])).toEqual(["tick", "operate", "read"]);
    const version = only("AWS::Lambda::Version").id;
    expect(aliases.map(({ properties }) => properties["FunctionVersion"])).toEqual(
      aliases.map(() => `<${version}.Version>`),
    );
    const async = ofType("AWS::Lambda::EventInvokeConfig");
    expect(async).toHaveLength(aliases.length + 1);
    for (const { properties } of async) expect(properties).toMatchObject({ MaximumRetryAttempts: 0 });
  });

  it("is asked, with each new version, whether it can read every record before an alias points to it", () => {
    const asked = only("Custom::RecordsRead");
    const fn = only("AWS::Lambda::Function").id;
    expect(asked.properties).toMatchObject({
      ServiceToken: `<${fn}.Arn>`,
      Version: `<${only("AWS::Lambda::Version").id}.Version>`,
    });
    expect(Number(asked.properties["ServiceTimeout"])).toBeLessThan(300);
    expect(asked.deletionPolicy).toBe("Retain");
    for (const { dependsOn } of ofType("AWS::Lambda::Alias")) expect(dependsOn).toContain(asked.id);
  });

  it("is woken by what EC2 says of an instance, in the shape of a wake", () => {
    const { properties } = only("AWS::Events::Rule");
    expect(properties["EventPattern"]).toEqual({
      source: ["aws.ec2"],
      "detail-type": ["EC2 Instance State-change Notification"],
      detail: { state: ["running", "stopping", "stopped", "shutting-down", "terminated"] },
    });
    const [target] = properties["Targets"] as { Arn: string; InputTransformer: { InputTemplate: string } }[];
    expect(target?.Arn).toMatch(/^<ControllerTick/);
    expect(target?.InputTransformer.InputTemplate).toBe(
      '{"action":"wake","source":"ec2","instanceId":<detail-instance-id>,"state":<detail-state>}',
    );
    expect(only("AWS::Lambda::Permission").properties).toMatchObject({
      FunctionName: target?.Arn,
      Principal: "events.amazonaws.com",
      SourceArn: expect.stringMatching(/^<InstanceEvents/),
    });
  });
});

describe("the documents", () => {
  interface Content {
    readonly parameters: Readonly<
      Record<string, { allowedPattern?: string; allowedValues?: unknown[]; default?: unknown }>
    >;
  }
  const documents = ofType("AWS::SSM::Document");

  it("are one for each cluster, named after it and after their content", () => {
    expect(documents.map(({ properties }) => properties["Name"])).toEqual([
      expect.stringMatching(/^SchedulerFailover-main-[0-9a-f]{12}$/),
      expect.stringMatching(/^SchedulerFailover-night-jobs-[0-9a-f]{12}$/),
    ]);
  });

  it("take parameters only that are constrained from end to end", () => {
    const parameters = documents.flatMap(({ properties }) =>
      Object.entries((properties["Content"] as Content).parameters),
    );
    const open = parameters.filter(
      ([, one]) => one.allowedValues === undefined && !anchored(one.allowedPattern),
    );
    expect(open).toEqual([]);
    expect(parameters.length).toBeGreaterThan(documents.length);
  });
});

/** The agent looks for a pattern anywhere in the text: it must hold both ends, in each of its alternatives. */
const anchored = (pattern = ""): boolean => /^\^.*\$$/.test(pattern) && !withoutGroups(pattern).includes("|");

const withoutGroups = (pattern: string): string => {
  const shorter = pattern.replaceAll(/\([^()]*\)/g, "");
  return shorter === pattern ? pattern : withoutGroups(shorter);
};

describe("logs", () => {
  it("are kept for as long as the settings say, every group", () => {
    const groups = ofType("AWS::Logs::LogGroup");
    expect(groups).toHaveLength(2);
    for (const { properties } of groups) expect(properties["RetentionInDays"]).toBe(30);
  });
});

describe("alarms' topic", () => {
  const key = only("AWS::KMS::Key");
  const topic = only("AWS::SNS::Topic");
  const fromAlarm = (statement: Statement | undefined) =>
    expect(statement).toMatchObject({
      Effect: "Allow",
      Principal: { Service: "cloudwatch.amazonaws.com" },
      Condition: { ArnLike: { "aws:SourceArn": expect.stringMatching(/:alarm:SchedulerFailover-\*$/) } },
    });

  it("is encrypted with a key that CloudWatch may use", () => {
    expect(topic.properties["KmsMasterKeyId"]).toBe(`<${key.id}.Arn>`);
    const [root, alarms, ...others] = statementsOf(key.properties["KeyPolicy"]);
    expect(root).toMatchObject({ Principal: { AWS: "arn:<AWS::Partition>:iam::<AWS::AccountId>:root" } });
    fromAlarm(alarms);
    expect(alarms?.Action).toEqual(["kms:Decrypt", "kms:GenerateDataKey"]);
    expect(others).toEqual([]);
  });

  it("takes what CloudWatch publishes, and nothing without TLS", () => {
    const [plainText, alarms, ...others] = statementsOf(
      only("AWS::SNS::TopicPolicy").properties["PolicyDocument"],
    );
    expect(plainText).toMatchObject({
      Effect: "Deny",
      Principal: "*",
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    });
    fromAlarm(alarms);
    expect(others).toEqual([]);
  });

  it("mails to those who get the alerts", () => {
    expect(only("AWS::SNS::Subscription").properties).toEqual({
      Protocol: "email",
      Endpoint: "operations@airline.dev",
      TopicArn: `<${topic.id}>`,
    });
  });
});

const topicArn = "arn:aws:sns:eu-central-1:123456789012:alarms";
const existing = await deploy(
  changed(["alerts.topicArn", topicArn], ["alerts.identity", "airline.dev"], ["alerts.subscribe", false]),
);

describe("what exists already is used", () => {
  it("a topic, without a subscription if none is wanted", () => {
    const made = ["AWS::SNS::Topic", "AWS::KMS::Key", "AWS::SNS::Subscription"].flatMap(existing.ofType);
    expect(names(made)).toEqual([]);
    for (const { properties } of existing.ofType("AWS::CloudWatch::Alarm")) {
      expect(properties["AlarmActions"]).toEqual([topicArn]);
    }
  });

  it("an SES identity", () => {
    expect(names(existing.ofType("AWS::SES::EmailIdentity"))).toEqual([]);
    expect(only("AWS::SES::EmailIdentity").properties["EmailIdentity"]).toBe("scheduler@airline.dev");
  });

  it("and only listed nodes wake the controller, where all are listed", async () => {
    const all = await deploy(changed(["clusters.main.nodes", { instanceIds: LISTED }]));
    expect(all.only("AWS::Events::Rule").properties["EventPattern"]).toMatchObject({
      detail: { "instance-id": LISTED },
    });
  });
});

describe("a second deployment", () => {
  it("of the same settings changes nothing", async () => {
    expect((await deploy(written)).template).toEqual(deployed.template);
  });

  it("of a changed script or cluster keeps the old document allowed until the aliases have moved", async () => {
    const next = await deploy({
      ...written,
      clusters: { main: { ...cluster(), timers: { settleSeconds: 90 } } },
    });
    const policy = ({ ofType }: typeof deployed) => names(ofType("AWS::IAM::Policy"));
    expect(policy(next)).toHaveLength(1);
    expect(policy(next)).not.toEqual(policy(deployed));
    expect(names(next.ofType("AWS::Lambda::Version"))).not.toEqual(names(ofType("AWS::Lambda::Version")));
    const [document] = next.ofType("AWS::SSM::Document");
    expect(next.only("AWS::Lambda::Function").dependsOn).toEqual(
      expect.arrayContaining([document?.id, ...policy(next)]),
    );
  });

  it("under another name shares no name with the first", async () => {
    const second = await deploy(written, "Second");
    /** The sender's identity is the account's own: a second deployment names it as `alerts.identity`. */
    const shared = physicalNames(second.resources).filter((name) => physicalNames(resources).includes(name));
    expect(shared).toEqual(["scheduler@airline.dev"]);
    expect(physicalNames(second.resources).length).toBeGreaterThan(10);
  });
});

/** What CloudFormation does not name by itself. */
const NAMES = [
  "Name",
  "LogGroupName",
  "AlarmName",
  "DashboardName",
  "EmailIdentity",
  "TableName",
  "TopicName",
];
const OWNED_BY_FUNCTION = ["AWS::Lambda::Alias"];

const physicalNames = (all: readonly Resource[]): readonly string[] =>
  all
    .filter(({ type }) => !OWNED_BY_FUNCTION.includes(type))
    .flatMap(({ properties }) =>
      NAMES.flatMap((name) => (name in properties ? [String(properties[name])] : [])),
    );

describe("an example's settings", () => {
  it("can be looked at, not deployed", async () => {
    const example = await deploy(changed(["alerts.from", "scheduler@example.com"]));
    const rules = (template: object) =>
      plain((template as { Rules: unknown }).Rules) as Record<string, unknown>;
    expect(rules(example.template)["SettingsAreYours"]).toMatchObject({
      Assertions: [
        {
          Assert: { "Fn::Equals": ["example", "yours"] },
          AssertDescription: expect.stringContaining("alerts.from"),
        },
      ],
    });
    expect(rules(deployed.template)).not.toHaveProperty("SettingsAreYours");
  });
});

describe("the stack", () => {
  it("is not deleted by accident", () => {
    expect(deployed.stack.terminationProtection).toBe(true);
  });
});

describe("outputs", () => {
  it("are the four that the command-line tool looks for", () => {
    const { Outputs } = deployed.template as { Outputs: Record<string, unknown> };
    expect(Object.keys(Outputs)).toEqual(["FunctionName", "TableName", "DashboardUrl", "TopicArn"]);
  });
});

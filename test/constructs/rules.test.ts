/** What the linters of templates pass over, and what holds wherever the app is deployed. */
import { describe, expect, it } from "vitest";
import { changed } from "../settings/written.ts";
import { deploy } from "./deployed.ts";
import { CLUSTERS } from "./two-clusters.ts";

const written = changed(...CLUSTERS, ["clusters.main.fence", "ec2-stop"]);
const deployed = await deploy(written);

describe("the schedule's expression", () => {
  /** EventBridge Scheduler: a whole number, with the unit in the singular for 1 alone. */
  const isRate = (text: string): boolean =>
    /^rate\((1 (minute|hour|day)|([2-9]|[1-9]\d+) (minutes|hours|days))\)$/.test(text);

  it("is one that EventBridge Scheduler reads", () => {
    expect(isRate(String(deployed.only("AWS::Scheduler::Schedule").properties["ScheduleExpression"]))).toBe(
      true,
    );
    expect(["rate(1 minutes)", "rate(0 minute)", "rate(2 minute)", "every minute"].map(isRate)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});

describe("the table's keys", () => {
  it("are defined, each once, and nothing else is: DynamoDB refuses an attribute that no key or index uses", () => {
    const { properties } = deployed.only("AWS::DynamoDB::Table");
    const keysOf = (schema: unknown): readonly string[] =>
      (schema as readonly { readonly AttributeName: string }[]).map(({ AttributeName }) => AttributeName);
    const indexes = ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"].flatMap(
      (kind) => (properties[kind] ?? []) as readonly { readonly KeySchema: unknown }[],
    );
    const used = [properties["KeySchema"], ...indexes.map(({ KeySchema }) => KeySchema)].flatMap(keysOf);
    expect(keysOf(properties["AttributeDefinitions"]).toSorted()).toEqual([...new Set(used)].toSorted());
  });
});

describe("in each partition", () => {
  const text = JSON.stringify(deployed.template);

  it("the ARNs are its own: none is written with a partition in it", () => {
    expect(text.match(/arn:aws[a-z-]*:[^"]*/g)).toBeNull();
    expect(text).toContain("AWS::Partition");
  });

  it("no region and no account is named", () => {
    expect(text.match(/\b(us|eu|ap|cn|ca|sa|me|af)-(gov-)?[a-z]+-\d\b/g)).toBeNull();
    expect(text.match(/[":]\d{12}[":]/g)).toBeNull();
  });

  it("the dashboard's address is the console's of there", () => {
    const { Mappings } = deployed.template as { readonly Mappings: Readonly<Record<string, object>> };
    expect(Object.values(Mappings).flatMap((mapping) => Object.keys(mapping))).toEqual([
      "aws",
      "aws-cn",
      "aws-us-gov",
    ]);
  });
});

describe("two stacks in one account", () => {
  it("are told apart by metrics, alarms, documents, log groups and dashboard, whatever their clusters are called", async () => {
    const second = await deploy(written, "Second");
    const marked = (one: typeof deployed, types: readonly string[]): readonly string[] =>
      types.flatMap((type) => one.ofType(type)).map(({ properties }) => JSON.stringify(properties));
    const types = ["AWS::CloudWatch::Alarm", "AWS::SSM::Document", "AWS::CloudWatch::Dashboard"];
    const first = new Set(marked(deployed, types));
    expect(marked(second, types).filter((one) => first.has(one))).toEqual([]);
    for (const { properties } of second.ofType("AWS::CloudWatch::Alarm")) {
      expect(["Second", "AWS/Lambda"]).toContain(properties["Namespace"]);
      expect(properties["AlarmName"]).toMatch(/^Second-/);
    }
  });
});

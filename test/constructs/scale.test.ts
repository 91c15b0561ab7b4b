/** One deployment of 1, 10, 50 clusters and of as many as there is room for: what AWS bounds, counted. */
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { functionMegabytes } from "../../lib/core/pace.ts";
import { readSettings } from "../../lib/settings/read.ts";
import { MOST_CLUSTERS, RESOURCES_BESIDE_CLUSTERS, RESOURCES_PER_CLUSTER } from "../../lib/settings/room.ts";
import { changed, cluster } from "../settings/written.ts";
import { type Deployed, deploy, statementsOf } from "./deployed.ts";

const written = (count: number) =>
  changed([
    "clusters",
    Object.fromEntries(
      Array.from({ length: count }, (_, n) => [
        nameOf(n),
        { ...cluster(), nodes: { tag: { key: "scheduler-failover", value: nameOf(n) } } },
      ]),
    ),
  ]);

const nameOf = (n: number): string => `team-${String(n).padStart(3, "0")}`;

interface NestedTemplate {
  readonly Resources: Readonly<Record<string, { readonly Properties: Readonly<Record<string, unknown>> }>>;
}

const nestedOf = ({ templateFile }: Deployed): readonly string[] =>
  readdirSync(dirname(templateFile))
    .filter((name) => name.endsWith(".nested.template.json"))
    .map((name) => readFileSync(join(dirname(templateFile), name), "utf8"));

/** Names of the documents, wherever they stand. */
const documentsOf = (deployed: Deployed): readonly string[] => [
  ...deployed.ofType("AWS::SSM::Document").map(({ properties }) => String(properties["Name"])),
  ...nestedOf(deployed).flatMap((text) =>
    Object.values((JSON.parse(text) as NestedTemplate).Resources).map(({ Properties }) =>
      String(Properties["Name"]),
    ),
  ),
];

const MOST_TEMPLATE_BYTES = 1_000_000;
const MOST_POLICY_CHARACTERS = 6144;
const MOST_ENVIRONMENT_BYTES = 4096;

const asDeployed = (value: unknown): string =>
  JSON.stringify(value)
    .replaceAll("<AWS::Partition>", "aws-us-gov")
    .replaceAll("<AWS::Region>", "ap-southeast-1")
    .replaceAll("<AWS::AccountId>", "123456789012");

describe.each([1, 10, 50, MOST_CLUSTERS])("a deployment of %i clusters", (count) => {
  it("fits: resources, templates, policies, environment, widgets", async () => {
    const deployed = await deploy(written(count));
    const { resources, ofType, only } = deployed;
    expect(resources.length).toBeLessThanOrEqual(RESOURCES_BESIDE_CLUSTERS + count * RESOURCES_PER_CLUSTER);

    for (const text of [readFileSync(deployed.templateFile, "utf8"), ...nestedOf(deployed)]) {
      expect(Buffer.byteLength(text)).toBeLessThan(MOST_TEMPLATE_BYTES);
    }
    const documents = documentsOf(deployed);
    expect(new Set(documents).size).toBe(count);
    for (const name of documents) expect(name.length).toBeLessThanOrEqual(128);

    const managed = ofType("AWS::IAM::ManagedPolicy");
    expect(managed.length).toBeLessThanOrEqual(5);
    for (const { properties } of managed) {
      expect(asDeployed(properties["PolicyDocument"]).length).toBeLessThan(MOST_POLICY_CHARACTERS);
    }
    const allowed = [...managed, ...ofType("AWS::IAM::Policy")]
      .flatMap(({ properties }) => statementsOf(properties["PolicyDocument"]))
      .flatMap(({ Resource }) => Resource)
      .filter((resource) => resource.includes(":document/"));
    expect(new Set(allowed.map((arn) => arn.split("/")[1]))).toEqual(new Set(documents));

    const controller = only("AWS::Lambda::Function").properties;
    expect(controller["MemorySize"]).toBe(functionMegabytes(count));
    expect(asDeployed(controller["Environment"]).length).toBeLessThan(MOST_ENVIRONMENT_BYTES);

    const { widgets } = JSON.parse(
      String(only("AWS::CloudWatch::Dashboard").properties["DashboardBody"]),
    ) as { widgets: readonly { readonly properties: { readonly alarms?: readonly unknown[] } }[] };
    expect(widgets.length).toBeLessThanOrEqual(500);
    for (const { properties } of widgets) expect(properties.alarms?.length ?? 0).toBeLessThanOrEqual(100);
  });

  it("has one loop: one schedule, one state machine, one function", async () => {
    const { only } = await deploy(written(count));
    for (const type of [
      "AWS::Scheduler::Schedule",
      "AWS::StepFunctions::StateMachine",
      "AWS::Lambda::Function",
    ])
      expect(() => only(type)).not.toThrow();
  });
});

describe("more clusters than fit one stack", () => {
  it("are refused, with the number and the arithmetic", () => {
    const reading = () => readSettings({ inline: written(MOST_CLUSTERS + 1), name: "test" });
    expect(reading).toThrow(
      `clusters must be ${MOST_CLUSTERS} at the most, and are ${MOST_CLUSTERS + 1}: each takes ${RESOURCES_PER_CLUSTER} resources, ${RESOURCES_BESIDE_CLUSTERS} are there beside them, and a stack may have 500; put the others into a stack of their own`,
    );
  });
});

describe("a document that moves to another stack", () => {
  it("gets another name, so that it is made before the old one is deleted", async () => {
    const before = documentsOf(await deploy(written(10)));
    const moved = changed([
      "clusters",
      Object.fromEntries(Object.entries(written(10)["clusters"] as object).slice(1)),
    ]);
    const after = documentsOf(await deploy(moved));
    expect(before.filter((name) => after.includes(name))).toHaveLength(8);
    expect(after.filter((name) => name.includes(nameOf(4)))).not.toEqual(
      before.filter((name) => name.includes(nameOf(4))),
    );
  });
});

/** No name whose replacement collides: every change of the settings is a deployment that CloudFormation can carry out. */
import { readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { deploy, type Resource } from "../../constructs/deployed.ts";
import { type Change, changed, cluster } from "../../settings/written.ts";
import { type PythonEnvironment, pythonEnvironment } from "../python.ts";
import { collisions, type SchemaOf, type TypeSchema } from "./replacements.ts";

const python = pythonEnvironment("judges");

/** One setting after the other; where a resource hangs on it, there and away. */
const CHANGES: Readonly<Record<string, readonly Change[]>> = {
  nothing: [],
  "the beat": [["beatSeconds", 15]],
  "the log's level": [["logLevel", "debug"]],
  "the logs' retention": [["logRetentionDays", 90]],
  "the sender": [["alerts.from", "other@airline.dev"]],
  "an identity that exists": [["alerts.identity", "airline.dev"]],
  "the recipients": [["alerts.to", ["one@airline.dev", "two@airline.dev"]]],
  "the subject": [["alerts.subjectPrefix", "[other]"]],
  "a topic that exists": [["alerts.topicArn", "arn:aws:sns:eu-central-1:123456789012:alarms"]],
  "no subscription": [["alerts.subscribe", false]],
  "another tag": [["clusters.main.nodes", { tag: { key: "role", value: "scheduler" } }]],
  "listed nodes": [["clusters.main.nodes", { instanceIds: ["i-0aaaaaaaaaaaaaaaa"] }]],
  "another unit": [["clusters.main.scheduler", { unit: "other.service" }]],
  "a health check": [["clusters.main.health", { command: "true" }]],
  "longer timers": [["clusters.main.timers", { grantSeconds: 180 }]],
  "no guard, but the fence": [
    ["clusters.main.guard", "off"],
    ["clusters.main.fence", "ec2-stop"],
  ],
  "only observing": [["clusters.main.startIn", "observe"]],
  "one more cluster": [["clusters.night", { ...cluster(), scheduler: { unit: "beat.service" } }]],
  "another name of the cluster": [
    ["clusters.main", undefined],
    ["clusters.night", cluster()],
  ],
};

const names = Object.keys(CHANGES);
const templates = new Map<string, readonly Resource[]>();
for (const name of names) templates.set(name, (await deploy(changed(...(CHANGES[name] ?? [])))).resources);
const resourcesOf = (name: string): readonly Resource[] => templates.get(name) ?? [];

describe.skipIf(python === undefined)("a change of the settings", () => {
  const schemaOf = python ? schemas(python) : () => undefined;

  it.each(names)("can be deployed and taken back: %s", (name) => {
    const [base, other] = [resourcesOf("nothing"), resourcesOf(name)];
    expect(collisions(base, other, schemaOf)).toEqual([]);
    expect(collisions(other, base, schemaOf)).toEqual([]);
  });

  it("is one that changes the template, but for the first", () => {
    const same = names.filter(
      (name) => JSON.stringify(resourcesOf(name)) === JSON.stringify(resourcesOf("nothing")),
    );
    expect(same).toEqual(["nothing"]);
  });

  it("is looked at by CloudFormation's own schema of every type in the template", () => {
    const types = new Set(names.flatMap(resourcesOf).map(({ type }) => type));
    const unknown = [...types].filter((type) => schemaOf(type) === undefined);
    expect(unknown).toEqual(["Custom::RecordsRead"]);
  });

  it.each<[string, (one: Resource) => Resource]>([
    ["AWS::Logs::LogGroup", (one) => ({ ...one, id: `${one.id}Moved` })],
    [
      "AWS::SSM::Document",
      (one) => ({ ...one, properties: { ...one.properties, DocumentType: "Automation" } }),
    ],
    ["AWS::IAM::Policy", (one) => ({ ...one, id: `${one.id}Moved` })],
  ])("that collides is found: %s", (type, change) => {
    const base = resourcesOf("nothing");
    const other = base.map((one) => (one.type === type ? change(one) : one));
    expect(collisions(base, other, schemaOf)).not.toEqual([]);
  });
});

/** As cfn-lint ships them. */
function schemas({ program }: PythonEnvironment): SchemaOf {
  const where = "import cfnlint.data.schemas as s; print(s.__path__[0])";
  const folder = execFileSync(program("python"), ["-c", where], { encoding: "utf8" }).trim();
  const read = (...path: readonly string[]): unknown =>
    JSON.parse(readFileSync(join(folder, ...path), "utf8"));
  const files = read("providers", "us-east-1.json") as Readonly<Record<string, string>>;
  const firstLevel = (pointers: readonly string[] = []): readonly string[] =>
    pointers.map((pointer) => pointer.split("/")[2] ?? "");
  return (type): TypeSchema | undefined => {
    const file = files[type];
    if (file === undefined) return undefined;
    const schema = read("resources", `${file}.json`) as {
      readonly createOnlyProperties?: readonly string[];
      readonly primaryIdentifier?: readonly string[];
    };
    return {
      createOnly: firstLevel(schema.createOnlyProperties),
      identity: firstLevel(schema.primaryIdentifier),
    };
  };
}

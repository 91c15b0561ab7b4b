/** The synthesized template under cfn-lint, which knows CloudFormation's own schema of every resource, by region. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readSettings } from "../../../lib/settings/read.ts";
import { synthesize } from "../../../lib/synthesize.ts";
import { CLUSTERS } from "../../constructs/two-clusters.ts";
import { changed, cluster } from "../../settings/written.ts";
import { pythonEnvironment } from "../python.ts";

const folder = mkdtempSync(join(tmpdir(), "lint-"));
afterAll(() => rmSync(folder, { recursive: true }));
const python = pythonEnvironment("judges");

/** Where most begin, another one, and one of each further partition. */
const REGIONS = ["us-east-1", "eu-central-1", "us-gov-west-1"];
const CHINA = "cn-north-1";
/** W3005: an order that a reference implies already; the CDK always writes it out. */
const ACCEPTED = ["W3005"];

const lint = (template: object, ...regions: readonly string[]): readonly string[] => {
  const file = join(folder, "template.json");
  writeFileSync(file, JSON.stringify(template));
  const args = ["--format", "json", "--regions", ...regions, "--ignore-checks", ...ACCEPTED, "--", file];
  const { stdout, stderr } = spawnSync(python?.program("cfn-lint") ?? "", args, {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: folder },
  });
  if (!stdout.startsWith("[")) throw new Error(`cfn-lint: ${stderr}${stdout}`);
  const found = JSON.parse(stdout) as readonly {
    readonly Rule: { readonly Id: string };
    readonly Message: string;
  }[];
  return found.map(({ Rule, Message }) => `${Rule.Id} ${Message}`);
};

/** Everything that settings can switch on. */
const everything = changed(
  ...CLUSTERS,
  ["clusters.main.fence", "ec2-stop"],
  ["clusters.night-jobs.fence", "ec2-stop"],
  ["clusters.night-jobs.guard", "off"],
);
const synthesized = async (name: string, written: object): Promise<object> => {
  const settings = readSettings({ inline: written, name });
  return (await synthesize({ settings, outdir: join(folder, name) })).template;
};
const template = await synthesized("everything", everything);

interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties: Record<string, unknown> }>
  >;
}

/** The template with one property of the first resource of a type set otherwise. */
const spoiled = (type: string, property: string, value: unknown): object => {
  const copy = structuredClone(template) as Template;
  const resource = Object.values(copy.Resources).find(({ Type }) => Type === type);
  if (resource === undefined) throw new Error(`no ${type}`);
  resource.Properties[property] = value;
  return copy;
};

describe.skipIf(python === undefined)("cfn-lint", () => {
  it("has no finding in the full template, in any region but China's", () => {
    expect(lint(template, ...REGIONS)).toEqual([]);
  });

  it("misses SES in China's regions, and nothing else: there the sender is not made where `identity` is given", async () => {
    expect(lint(template, CHINA)).toEqual([
      `E3006 Resource type 'AWS::SES::EmailIdentity' does not exist in '${CHINA}'`,
    ]);
    const withIdentity = changed(...CLUSTERS, ["alerts.identity", "airline.dev"]);
    expect(lint(await synthesized("china", withIdentity), CHINA)).toEqual([]);
  });

  it("has no finding with fifty clusters, neither in the stack nor in those nested in it", async () => {
    const clusters = Object.fromEntries(
      Array.from({ length: 50 }, (_, n) => [
        `team-${n}`,
        { ...cluster(), nodes: { tag: { key: "scheduler-failover", value: `team-${n}` } } },
      ]),
    );
    const whole = await synthesized("fifty", changed(["clusters", clusters]));
    const nested = readdirSync(join(folder, "fifty")).filter((name) =>
      name.endsWith(".nested.template.json"),
    );
    expect(nested).toHaveLength(4);
    for (const name of nested) {
      const text = readFileSync(join(folder, "fifty", name), "utf8");
      expect(lint(JSON.parse(text) as object, "us-east-1")).toEqual([]);
    }
    expect(lint(whole, "us-east-1")).toEqual([]);
  });

  const DEFECTS: readonly (readonly [string, object, RegExp])[] = [
    ["a runtime that does not exist", spoiled("AWS::Lambda::Function", "Runtime", "nodejs99.x"), /nodejs99/],
    ["a property that does not exist", spoiled("AWS::SNS::Topic", "Colour", "red"), /Colour/],
    [
      "a broken state machine",
      spoiled("AWS::StepFunctions::StateMachine", "DefinitionString", '{"StartAt":"A","States":{}}'),
      /^E3601/,
    ],
    [
      "a retention that logs do not have",
      spoiled("AWS::Logs::LogGroup", "RetentionInDays", 8),
      /8 is not one of/,
    ],
    [
      "a comparison that no alarm makes",
      spoiled("AWS::CloudWatch::Alarm", "ComparisonOperator", "Roughly"),
      /Roughly/,
    ],
  ];
  it.each(DEFECTS)("finds %s", (_, broken, said) => {
    expect(lint(broken, "us-east-1").some((finding) => said.test(finding))).toBe(true);
  });
});

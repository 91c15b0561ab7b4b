import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeSettings } from "../../lib/sandbox/sandbox-settings.ts";
import { synthesizeApp } from "../../lib/sandbox/synthesize.ts";
import { readAssembly } from "../../lib/sandbox/template/assembly.ts";
import type { Deployment } from "../../lib/sandbox/template/deployment.ts";
import { readDeployment } from "../../lib/sandbox/template/read-deployment.ts";
import { Resolver } from "../../lib/sandbox/template/resolver.ts";

const PLACE = { account: "000000000000", region: "us-east-1", stackName: "Test" };
const resolver = new Resolver(
  {
    Parameters: { Size: { Default: "small" } },
    Mappings: { Map: { a: { b: "mapped" } } },
    Conditions: {
      IsSmall: { "Fn::Equals": [{ Ref: "Size" }, "small"] },
      IsNot: { "Fn::Not": [{ Condition: "IsSmall" }] },
      Either: { "Fn::Or": [{ Condition: "IsNot" }, { Condition: "IsSmall" }] },
      Both: { "Fn::And": [{ Condition: "IsNot" }, { Condition: "IsSmall" }] },
    },
    Resources: {
      Fn: { Type: "AWS::Lambda::Function" },
      Tick: { Type: "AWS::Lambda::Alias", Properties: { FunctionName: { Ref: "Fn" }, Name: "tick" } },
      Table: { Type: "AWS::DynamoDB::GlobalTable", Properties: { TableName: "records" } },
      Odd: { Type: "AWS::Odd::Thing" },
    },
  },
  PLACE,
);
const FN_ARN = "arn:aws:lambda:us-east-1:000000000000:function:Test-Fn";

describe("the resolver", () => {
  it.each([
    [{ Ref: "Size" }, "small"],
    [{ Ref: "AWS::Region" }, "us-east-1"],
    [{ Ref: "Fn" }, "Test-Fn"],
    [{ Ref: "Tick" }, `${FN_ARN}:tick`],
    [{ "Fn::GetAtt": ["Fn", "Arn"] }, FN_ARN],
    [{ "Fn::GetAtt": "Table.Arn" }, "arn:aws:dynamodb:us-east-1:000000000000:table/records"],
    [{ "Fn::Join": ["-", ["a", { Ref: "Table" }]] }, "a-records"],
    [{ "Fn::Sub": "${AWS::AccountId}/${Fn.Arn}/${!kept}" }, `000000000000/${FN_ARN}/\${kept}`],
    [{ "Fn::Sub": ["${own}-${Size}", { own: { Ref: "Fn" } }] }, "Test-Fn-small"],
    [{ "Fn::Select": [1, { "Fn::Split": [":", "a:b:c"] }] }, "b"],
    [{ "Fn::If": ["IsSmall", "yes", "no"] }, "yes"],
    [{ "Fn::If": ["Both", "yes", "no"] }, "no"],
    [{ "Fn::If": ["Either", "yes", "no"] }, "yes"],
    [{ "Fn::FindInMap": ["Map", "a", "b"] }, "mapped"],
    [{ keep: 1, drop: { Ref: "AWS::NoValue" } }, { keep: 1 }],
    [["x", { Ref: "AWS::NoValue" }], ["x"]],
  ])("makes of %j %j", (value, expected) => {
    expect(resolver.resolve(value)).toEqual(expected);
  });

  it.each([
    [{ "Fn::ImportValue": "x" }, "Fn::ImportValue"],
    [{ Ref: "Absent" }, '"Absent"'],
    [{ Ref: "Odd" }, "AWS::Odd::Thing"],
    [{ "Fn::GetAtt": ["Table", "StreamArn"] }, "StreamArn"],
    [{ Ref: "AWS::NotificationARNs" }, "AWS::NotificationARNs"],
  ])("refuses %j and names it", (value, named) => {
    expect(() => resolver.resolve(value)).toThrow(named);
  });
});

describe("the app as it is synthesized", () => {
  const folder = mkdtempSync(join(tmpdir(), "sandbox-test-"));
  let deployment: Deployment;
  beforeAll(async () => {
    const settings = join(folder, "settings.yaml");
    writeSettings(settings, join(folder, "the ledger.jsonl"), {});
    const assembly = readAssembly(await synthesizeApp(join(folder, "cdk.out"), settings, "Trial"));
    deployment = readDeployment(assembly, { ...PLACE, stackName: assembly.stackName });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("has what the sandbox runs, each named as its neighbours name it", () => {
    const [table] = deployment.tables;
    const [controller] = deployment.functions;
    const [machine] = deployment.stateMachines;
    const [document] = deployment.documents;
    expect(controller?.environment).toMatchObject({ TABLE_NAME: table?.name, OWNER: table?.arn });
    const { DOCUMENT_PREFIX = "", DOCUMENTS = "" } = controller?.environment ?? {};
    const { demo } = JSON.parse(DOCUMENTS) as Record<string, string>;
    expect(`${DOCUMENT_PREFIX}demo-${demo}`).toBe(document?.name);
    expect(Object.keys(controller?.aliases ?? {})).toEqual(
      expect.arrayContaining(["tick", "operate", "read"]),
    );
    expect(deployment.schedules[0]).toMatchObject({ expression: "rate(1 minute)", targetArn: machine?.arn });
    expect(machine?.definition).toContain(`${controller?.arn}:tick`);
    expect(deployment.rules[0]?.targets[0]?.arn).toBe(`${controller?.arn}:tick`);
    expect(deployment.outputs.map(({ key }) => key)).toEqual(
      expect.arrayContaining(["FunctionName", "TableName", "DashboardUrl", "TopicArn"]),
    );
  });

  it("says in the start command where the ledger is, whatever characters the path has", () => {
    expect(JSON.stringify(deployment.documents[0]?.content)).toContain("the ledger.jsonl");
  });

  it("is refused with the app's own words where the settings are wrong", async () => {
    const settings = join(folder, "wrong.yaml");
    writeSettings(settings, join(folder, "ledger.jsonl"), { beatSeconds: 0 });
    await expect(synthesizeApp(join(folder, "wrong"), settings, "Trial")).rejects.toThrow("beatSeconds");
  });
});

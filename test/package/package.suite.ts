/** The package, in a project that is not ours: what it holds, and that it needs nothing else. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { bundleHandler } from "../../lib/bundle-controller.ts";
import { foldersOf } from "../../lib/package/licences.ts";
import { deploy } from "../constructs/deployed.ts";
import { compile, makeProject, nodes, ROOT, run } from "./project.ts";

const project = makeProject();
afterAll(() => project.remove());
const installed = join(project.directory, "node_modules/scheduler-failover-controller");

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}
type Resources = Readonly<Record<string, Resource>>;

const resourcesOf = (assembly: string): Resources =>
  (JSON.parse(readFileSync(join(assembly, "Airflow.template.json"), "utf8")) as { Resources: Resources })
    .Resources;
const ofType = (resources: Resources, type: string): readonly Resource[] =>
  Object.values(resources).filter(({ Type }) => Type === type);

describe("the package", () => {
  it("holds compiled code, types, the handler and the node's scripts, and nothing else", () => {
    const scripts = readdirSync(join(ROOT, "lambda/node"))
      .filter((name) => name.endsWith(".sh"))
      .map((name) => `lambda/node/${name}`);
    const declarations = project.files.filter((path) => path.endsWith(".d.ts"));
    expect([...project.files].toSorted()).toEqual(
      [
        ...scripts,
        ...declarations,
        "LICENSE",
        "README.md",
        "bin/scheduler_failover_controller",
        "dist/THIRD-PARTY.txt",
        "dist/cli.mjs",
        "dist/handler/index.mjs",
        "dist/index.js",
        "dist/package.json",
        "package.json",
      ].toSorted(),
    );
    expect(declarations).toContain("dist/index.d.ts");
    for (const path of declarations) expect(path).toMatch(/^dist\//);
  });

  it("names no file of the machine that it was built on", () => {
    for (const path of [
      "dist/cli.mjs",
      "dist/index.js",
      "dist/handler/index.mjs",
      ...project.files.filter((one) => one.endsWith(".d.ts")),
    ]) {
      expect(readFileSync(join(installed, path), "utf8")).not.toContain(ROOT);
    }
  });

  it("brings no other package with it, and asks for the CDK that is there", () => {
    const { dependencies, peerDependencies } = JSON.parse(
      readFileSync(join(installed, "package.json"), "utf8"),
    ) as Record<string, Record<string, string>>;
    expect(dependencies).toBeUndefined();
    expect(Object.keys(peerDependencies ?? {})).toEqual(["aws-cdk-lib", "constructs"]);
    expect(
      readdirSync(join(project.directory, "node_modules")).filter((name) => !name.startsWith(".")),
    ).toEqual(["@types", "aws-cdk-lib", "constructs", "scheduler-failover-controller", "undici-types"]);
  });
});

describe("the handler", () => {
  it("is made of the packages that a reader has looked at", async () => {
    const folder = mkdtempSync(join(tmpdir(), "handler-"));
    const { file, metafile } = await bundleHandler(folder);
    const bytes = statSync(file).size;
    rmSync(folder, { recursive: true });
    const shares = [...foldersOf(metafile)].map(
      ([path, size]) => [path.replace(/.*node_modules\//, ""), size] as const,
    );
    const names = shares.map(([name]) => name).toSorted((a, b) => a.localeCompare(b));
    await expect(`${[...new Set(names)].join("\n")}\n`).toMatchFileSnapshot("handler.golden.txt");
    const ec2 = shares
      .filter(([name]) => name === "@aws-sdk/client-ec2")
      .reduce((sum, [, size]) => sum + size, 0);
    expect(bytes - ec2).toBeLessThan(600_000);
    console.log(`handler: ${bytes} bytes, ${ec2} of them the EC2 client's`);
  });
});

describe("the command-line tool", () => {
  it.each(nodes())("is there after an installation, on Node %s", (_, node) => {
    const { PATH = "" } = process.env;
    const tool = join(project.directory, "node_modules/.bin/scheduler_failover_controller");
    const { status, output } = run(project.directory, tool, ["cost"], { PATH: `${dirname(node)}:${PATH}` });
    expect(output).toContain("together");
    expect(status).toBe(0);
  });
});

describe("a CommonJS project", () => {
  it.each([
    ["as `cdk init` has long made it", ["--module", "commonjs"]],
    ["as it makes it today, with each declaration looked at", ["--skipLibCheck", "false"]],
  ])("compiles, %s", (_, options) => {
    expect(compile(project.directory, ...options)).toEqual({ status: 0, output: "" });
  });

  it("is told of a setting that is not there while it compiles", () => {
    const file = join(project.directory, "wrong.ts");
    writeFileSync(
      file,
      'import { FailoverSettings } from "scheduler-failover-controller";\nFailoverSettings.of({ alerts: { from: "a@b.dev", to: ["c@d.dev"] }, clusters: {}, beatSecond: 5 });\n',
    );
    const { status, output } = compile(project.directory, "--noEmit");
    writeFileSync(file, "export {};\n");
    expect(status).not.toBe(0);
    expect(output).toContain("'beatSecond' does not exist in type 'SettingsInput'");
  });

  it.each(nodes())("is synthesized on Node %s to what the project itself would deploy", async (_, node) => {
    const outdir = join(project.directory, "cdk.out");
    const synthesized = run(project.directory, node, ["bin/app.js"], { CDK_OUTDIR: outdir });
    expect(synthesized).toEqual({ status: 0, output: "" });
    const theirs = resourcesOf(outdir);

    const own = await deploy({
      alerts: {
        from: "scheduler@airline.dev",
        to: ["operations@airline.dev"],
        subscribe: false,
        identity: "airline.dev",
        topicArn: "arn:aws:sns:eu-central-1:123456789012:on-call",
      },
      clusters: {
        main: {
          nodes: { tag: { key: "scheduler-failover", value: "main" } },
          scheduler: { unit: "airflow-scheduler.service" },
          health: { url: "http://localhost:8974/health" },
        },
      },
    });
    const counted = (types: readonly string[]) =>
      Object.fromEntries(types.map((type) => [type, types.filter((one) => one === type).length]));
    // Theirs: the topic, two roles and their policies, one alarm.
    const added = {
      "AWS::SNS::Topic": 1,
      "AWS::IAM::Role": 2,
      "AWS::IAM::Policy": 2,
      "AWS::CloudWatch::Alarm": 1,
    };
    const expected = counted(own.resources.map(({ type }) => type));
    for (const [type, more] of Object.entries(added)) expected[type] = (expected[type] ?? 0) + more;
    expect(counted(Object.values(theirs).map(({ Type }) => Type))).toEqual(expected);

    const [document] = ofType(theirs, "AWS::SSM::Document");
    expect(document?.Properties["Content"]).toEqual(own.only("AWS::SSM::Document").properties["Content"]);
    const [controller] = ofType(theirs, "AWS::Lambda::Function");
    expect(controller?.Properties).toMatchObject({ Runtime: "nodejs24.x", MemorySize: 256, Timeout: 20 });
  });

  it("deploys the handler of the package, with its own settings beside it", () => {
    const outdir = join(project.directory, "cdk.out");
    const folder = readdirSync(outdir).find(
      (name) => name.startsWith("asset.") && statSync(join(outdir, name)).isDirectory(),
    );
    const code = join(outdir, folder ?? "");
    expect(readdirSync(code).toSorted()).toEqual(["index.mjs", "settings.json"]);
    expect(readFileSync(join(code, "index.mjs"))).toEqual(
      readFileSync(join(installed, "dist/handler/index.mjs")),
    );
    const settings = JSON.parse(readFileSync(join(code, "settings.json"), "utf8")) as { clusters: object };
    expect(Object.keys(settings.clusters)).toEqual(["main"]);
  });
});

describe("an ES module", () => {
  it.each(nodes())("imports the same names on Node %s", (_, node) => {
    const text =
      'import * as all from "scheduler-failover-controller"; console.log(Object.keys(all).toSorted().join());';
    const { status, output } = run(project.directory, node, ["--input-type=module", "-e", text]);
    expect(output).toContain("FailoverSettings,SchedulerFailover");
    expect(status).toBe(0);
  });

  it("reads a settings file, and tells all of its faults with their lines", () => {
    const file = join(project.directory, "settings.yaml");
    writeFileSync(file, "beatSeconds: 1\nalerts: {from: a@b.dev, to: []}\nclusters: {}\n");
    const text = `require("scheduler-failover-controller").FailoverSettings.fromFile(${JSON.stringify(file)})`;
    const { status, output } = run(project.directory, process.execPath, ["-e", text]);
    expect(status).not.toBe(0);
    expect(output).toContain("3 faults in the settings");
    expect(output).toContain("line 1");
  });
});

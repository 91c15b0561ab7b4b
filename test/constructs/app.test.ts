import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { changed, sound } from "../settings/written.ts";

const root = new URL("../../", import.meta.url).pathname;
const outdir = mkdtempSync(join(tmpdir(), "app-"));
afterAll(() => rmSync(outdir, { recursive: true }));

/** The app as the CDK's command-line tool starts it. */
const run = (context: Record<string, unknown>) =>
  spawnSync(join(root, "node_modules/.bin/tsx"), ["bin/app.ts"], {
    cwd: root,
    encoding: "utf8",
    env: {
      ...process.env,
      PATH: `${join(root, "node_modules/.bin")}:${process.env["PATH"]}`,
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify(context),
    },
  });

describe("the app, given sound settings,", () => {
  it("writes the assembly, and ends with 0 only if cdk-nag has no finding", () => {
    const { status, stderr } = run({ settings: sound(), stackName: "Named" });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(readdirSync(outdir)).toContain("Named.template.json");
  });

  it("bundles a controller that needs nothing beside itself, and stays small", () => {
    const code = readdirSync(outdir).find((name) => name.startsWith("asset.")) ?? "";
    const module = join(outdir, code, "index.mjs");
    expect(statSync(module).size).toBeLessThan(MOST_BYTES);
    const loaded = spawnSync(
      join(root, "node_modules/.bin/node"),
      ["--input-type=module", "-e", `console.log(typeof (await import("${module}")).handler)`],
      { cwd: outdir, encoding: "utf8", env: ENVIRONMENT },
    );
    expect(loaded).toMatchObject({ stdout: "function\n", stderr: "", status: 0 });
  });
});

/** What Lambda loads at a cold start. */
const MOST_BYTES = 600_000;

const ENVIRONMENT = {
  AWS_REGION: "eu-central-1",
  AWS_LAMBDA_FUNCTION_NAME: "controller",
  TABLE_NAME: "table",
  OWNER: "arn:aws:dynamodb:eu-central-1:123456789012:table/table",
  DOCUMENTS: '{"main":"document"}',
  DASHBOARD_URL: "https://dashboard",
  POWERTOOLS_METRICS_NAMESPACE: "Named",
};

describe("the app, given wrong settings,", () => {
  it("names all faults, ends with 1, and shows no stack and no template", () => {
    const { status, stderr } = run({
      settings: changed(["beatSeconds", 1], ["clusters.main.guard", "off"]),
    });
    expect(stderr.trim().split("\n")).toEqual([
      "settings in cdk.json: 2 faults in the settings",
      "  beatSeconds is 1: must be a whole number of seconds from 5 to 60",
      '  clusters.main.guard is "off": must be on, unless fence is ec2-stop: nothing else would ever stop the scheduler of a node that is cut off',
    ]);
    expect(status).toBe(1);
    expect(readdirSync(outdir)).not.toContain("SchedulerFailover.template.json");
  });
});

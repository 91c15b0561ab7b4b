/** The bundle as it is deployed, started in a process of its own: what only shows at a cold start. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sampleCluster, sampleEnvironment, through } from "./support/controller.ts";

const HANDLER = fileURLToPath(new URL("../../lambda/handler.ts", import.meta.url));
const VARIABLES = {
  TABLE_NAME: "failover",
  OWNER: "arn:aws:dynamodb:eu-west-1:123456789012:table/failover",
  DOCUMENTS: '{"etl":"failover-etl"}',
  DASHBOARD_URL: "https://dashboard.example.com",
  POWERTOOLS_METRICS_NAMESPACE: "failover",
  AWS_LAMBDA_FUNCTION_NAME: "controller",
  AWS_REGION: "eu-west-1",
};

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "bundle-"));
  await build({
    entryPoints: [HANDLER],
    outfile: join(directory, "index.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    mainFields: ["module", "main"],
    logLevel: "warning",
  });
  const { settings } = sampleEnvironment({ etl: sampleCluster() });
  await writeFile(join(directory, "settings.json"), JSON.stringify(settings));
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

/** Loads the bundle and hands one event to it. Answers its reply, or what it said when it failed. */
async function invoke(
  event: unknown,
  alias: string,
  variables: Readonly<Record<string, string>>,
): Promise<unknown> {
  const script = [
    `import { handler } from ${JSON.stringify(join(directory, "index.mjs"))};`,
    `const reply = await handler(${JSON.stringify(event)}, ${JSON.stringify(through(alias))});`,
    "process.stdout.write(JSON.stringify(reply));",
  ].join("\n");
  const options = { env: variables, cwd: directory };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "--eval", script],
    options,
  );
  return JSON.parse(stdout);
}

it("starts with settings.json beside it, and answers", async () => {
  expect(await invoke({ action: "version" }, "read", VARIABLES)).toMatchObject({
    ok: true,
    action: "version",
    data: { version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string, clusters: ["etl"] },
  });
});

it("refuses garbage with an answer", async () => {
  expect(await invoke("garbage", "operate", VARIABLES)).toMatchObject({
    ok: false,
    error: { code: "UNKNOWN_ACTION" },
  });
});

it("does not start without its environment, and names what is missing", async () => {
  const { TABLE_NAME: _table, ...variables } = VARIABLES;
  await expect(invoke({ action: "version" }, "read", variables)).rejects.toThrow(
    "EnvironmentError: the function's environment is not usable: TABLE_NAME is missing",
  );
});

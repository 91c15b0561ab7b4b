/** The program as a process of its own against a sandbox: the real SDK, the deployed function, real nodes. */
import { execFile } from "node:child_process";
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { instanceId } from "../../../lib/cli/instance-metadata.ts";
import { type Sandbox, startSandbox } from "../../../lib/sandbox/sandbox.ts";

/** Apart from the ports of whoever runs one by hand and of other tests. */
const PORT = 4776;
const TOOL = new URL("../../../bin/scheduler_failover_controller", import.meta.url).pathname;
/** The least that the settings allow: this is about the program, not about time. */
const QUICK = { beatSeconds: 5, clusters: { demo: { timers: { settleSeconds: 5 } } } };
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ port: PORT, settings: QUICK });
  await sandbox.waitUntil(
    "a scheduler that has settled",
    async () => (await status()).phase === "steady",
    60,
  );
}, 90_000);
afterAll(async () => {
  await sandbox?.stop();
});

async function status(): Promise<{ readonly phase?: string; readonly active?: string }> {
  const { payload } = await sandbox.invoke({ action: "status" }, "read");
  return (payload as { readonly data: { readonly phase?: string; readonly active?: string } }).data;
}

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** By the endpoint, as if it were AWS: another sandbox may be the current one of this machine. */
function tool(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: "/nonexistent",
    ...sandbox.environment,
    ...environment,
  };
  return new Promise((resolve) => {
    const child = execFile(TOOL, [...words], { env }, (error, out, err) => {
      const code = error && typeof error.code === "number" ? error.code : 0;
      resolve({ code, out, err });
    });
    child.stdin?.end();
  });
}

describe("the program as a process", () => {
  it("finds the deployment by its stack and shows the status", async () => {
    const { code, out, err } = await tool(["status"]);
    expect(err).toBe(
      `account 000000000000, region us-east-1, stack SchedulerFailover, endpoint ${sandbox.endpoint}\n`,
    );
    expect(out).toMatch(/^demo: running on i-/);
    expect(code).toBe(0);
  });

  it("finds it by its function, too", async () => {
    const { code, err } = await tool(["status", "--function", sandbox.output("FunctionName")]);
    expect(err).toContain(
      `account 000000000000, region us-east-1, function ${sandbox.output("FunctionName")}`,
    );
    expect(code).toBe(0);
  });

  it.each([
    [
      "a stack that is not there",
      ["--stack", "Nowhere", "status"],
      {},
      "There is no stack Nowhere in us-east-1",
    ],
    ["a function that is not there", ["status", "--function", "nowhere"], {}, "There is no function nowhere"],
    [
      "an endpoint where nobody is",
      ["status"],
      { AWS_ENDPOINT_URL: "http://127.0.0.1:9" },
      "cannot be reached",
    ],
  ])("says what to do about %s", async (_, words, environment, said) => {
    const { code, out, err } = await tool(words, environment);
    expect(code).toBe(2);
    expect(err.replaceAll(/\s+/g, " ")).toContain(said);
    expect(err).not.toMatch(/^\s+at /m);
    expect(out).toBe("");
  });

  it("refuses a dangerous command where nobody can be asked", async () => {
    const { code, err } = await tool(["failover"]);
    expect(code).toBe(1);
    expect(err).toContain("Pass --yes");
  });

  it("moves the scheduler, follows it, and finds it in the history", async () => {
    const before = (await status()).active;
    const moved = await tool(["failover", "--yes", "--wait", "--reason", "end to end"]);
    expect(moved.err).toMatch(/ done /);
    expect(moved.code).toBe(0);
    const after = (await status()).active;
    expect(after).not.toBe(before);
    const { out } = await tool(["history", "--limit", "10"]);
    expect(out).toContain("FAILED_OVER");
    expect(out).toContain("asked by arn:aws:iam::000000000000:user/operator: end to end");
    expect(out).toMatch(/\d+ s without a scheduler/);
    expect(sandbox.state().secondsOfTwo).toBe(0);
  }, 90_000);

  it("pauses until it resumes, and says why in the meantime", async () => {
    expect((await tool(["pause", "--until", "2h", "--reason", "upgrade", "--wait"])).code).toBe(0);
    const paused = await tool(["status"]);
    expect(paused.out).toMatch(/steered +paused since .* upgrade/s);
    expect((await tool(["why"])).out).toContain("paused by");
    expect((await tool(["start", "--detach", "--wait"])).code).toBe(0);
    expect((await tool(["status"])).out).not.toContain("steered");
  }, 60_000);

  it("reads the log that the function writes", async () => {
    const { code, out } = await tool(["logs", "--since", "5m"]);
    expect(code).toBe(0);
    expect(out).toMatch(/demo {2}transition {2}FAILED_OVER/);
  });

  it("ends a watch at Ctrl-C with 0", async () => {
    const { spawn } = await import("node:child_process");
    const env = { PATH: process.env["PATH"] ?? "", ...sandbox.environment };
    const child = spawn(TOOL, ["watch"], { env, stdio: ["ignore", "pipe", "ignore"] });
    const ended = new Promise((resolve) => {
      child.once("exit", (code) => resolve(code));
    });
    child.stdout.once("data", () => child.kill("SIGINT"));
    expect(await ended).toBe(0);
  });
});

describe("the id of this instance", () => {
  let service: Server;
  let answer = "i-0a1f2e3d4c5b69788";
  beforeAll(async () => {
    service = createServer((request, response) => {
      const isToken = request.method === "PUT" && request.url === "/latest/api/token";
      const isAllowed = isToken || request.headers["x-aws-ec2-metadata-token"] === "secret";
      response.writeHead(isAllowed ? 200 : 401).end(isToken ? "secret" : answer);
    });
    await new Promise<void>((resolve) => {
      service.listen(0, "127.0.0.1", resolve);
    });
  });
  afterAll(() => service.close());

  function endpoint(): string {
    const address = service.address();
    return `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  }

  it("is what the metadata service says to who holds its token", async () => {
    expect(await instanceId({ AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint() })).toBe("i-0a1f2e3d4c5b69788");
  });

  it.each([
    ["it is switched off", { AWS_EC2_METADATA_DISABLED: "true" }],
    ["nobody is there", { AWS_EC2_METADATA_SERVICE_ENDPOINT: "http://127.0.0.1:9" }],
  ])("is not known where %s", async (_, variables) => {
    expect(await instanceId(variables)).toBeUndefined();
  });

  it("is not what somebody else answers there", async () => {
    answer = "<html>";
    expect(await instanceId({ AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint() })).toBeUndefined();
  });
});

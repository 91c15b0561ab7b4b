import { createServer } from "node:http";
import type { RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it, vi } from "vitest";
import type { HealthSettings } from "../../lib/core/settings.ts";
import { TestNode, ask, begin, clusterSettings, findProgram, plan, sayMissing, stop } from "./support.ts";

// Most of the time they wait for each other's grace periods.
vi.setConfig({ maxConcurrency: 10 });

const hasCurl = findProgram("curl") !== undefined;
if (!hasCurl) sayMissing("health by URL: curl is not installed");

const TIMES = { timeoutSeconds: 1, failures: 3 } as const;
const ANYBODY = { ...TIMES, answeredBy: "anybody" } as const;
const nodeWith = (health: HealthSettings) =>
  new TestNode(clusterSettings({ start: "exec sleep 1000" }, { health }));

/** What a running scheduler's health is reported to be. */
async function healthOf(node: TestNode) {
  const life = await begin(node);
  await ask(node, { mode: "run", life });
  return (await ask(node, { mode: "run", life })).health;
}

async function serve(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}/health?x=[1]`, close };
}

const silent: RequestListener = () => undefined;
const half: RequestListener = (_, response) => void response.write("half");

describe.runIf(hasCurl).concurrent("health by URL", () => {
  it.for([200, 404, 503])("reports status %i and the body", async (status, { expect, onTestFinished }) => {
    const body = '{"scheduler":{"status":"gesund ✓"}}\n\nmore';
    const server = await serve((_, response) =>
      response.writeHead(status, { "x-long": "y".repeat(300) }).end(body),
    );
    const node = nodeWith({ kind: "url", url: server.url, ...ANYBODY });
    onTestFinished(() => node.dispose());
    onTestFinished(server.close);
    expect(await healthOf(node)).toEqual({ code: status, body });
  });

  it("cuts a long body and stays within a line", async ({ expect, onTestFinished }) => {
    const server = await serve((_, response) => response.end("z".repeat(1_000_000)));
    const node = nodeWith({ kind: "url", url: server.url, ...ANYBODY, timeoutSeconds: 3 });
    onTestFinished(() => node.dispose());
    onTestFinished(server.close);
    const health = await healthOf(node);
    expect(health?.code).toBe(200);
    expect(health?.body).toMatch(/^z{600}$/);
  });

  it.for([
    ["never begins", silent],
    ["never ends", half],
  ] as const)("is 0 for an answer that %s, in time", async ([, listener], { expect, onTestFinished }) => {
    const server = await serve(listener);
    const node = nodeWith({ kind: "url", url: server.url, ...ANYBODY });
    onTestFinished(() => node.dispose());
    onTestFinished(server.close);
    expect(await healthOf(node)).toEqual({ code: 0, body: "" });
  });

  it("is 0 where nobody listens", async ({ expect, onTestFinished }) => {
    const node = nodeWith({ kind: "url", url: "http://127.0.0.1:1/", ...ANYBODY });
    onTestFinished(() => node.dispose());
    expect(await healthOf(node)).toEqual({ code: 0, body: "" });
  });
});

describe.concurrent("health by command", () => {
  it.for([
    ["exit 0 and its output", "echo fine", 0, "fine\n"],
    ["another exit and both outputs", "echo a; echo b >&2; exit 3", 3, "a\nb\n"],
    ["127 for a missing command", "no-such-check 2>/dev/null", 127, ""],
    ["124 for one that hangs", "echo begun; sleep 1000", 124, "begun\n"],
    ["the exit of one that leaves a child", "setsid sleep 2 & echo left", 0, "left\n"],
    ["no more than 600 bytes", "head -c 5000 /dev/zero | tr '\\0' x", 0, "x".repeat(600)],
  ] as const)("reports %s", async ([, command, code, body], { expect, onTestFinished }) => {
    const node = nodeWith({ kind: "command", command, ...TIMES });
    onTestFinished(() => node.dispose());
    expect(await healthOf(node)).toEqual({ code, body });
  });

  it("is asked only on the active node, where the scheduler runs, and within the time", async ({
    expect,
    onTestFinished,
  }) => {
    const node = nodeWith({ kind: "command", command: "sleep 1000", timeoutSeconds: 4, failures: 3 });
    onTestFinished(() => node.dispose());
    expect((await stop(node)).health).toBeUndefined();
    const life = await begin(node);
    const { report, milliseconds } = await node.converge(plan(node, { mode: "run", life }));
    expect(report).toMatchObject({ state: "running", health: { code: 124 } });
    expect(milliseconds).toBeLessThan(5500);
    const other = await ask(node, { active: "i-0bbbbbbb", others: "look" });
    expect(other).toMatchObject({ state: "running" });
    expect(other.health).toBeUndefined();
  });

  it("is left out where the node has no time left for it", async ({ expect, onTestFinished }) => {
    const node = nodeWith({ kind: "command", command: "exit 1", ...TIMES });
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    await ask(node, { mode: "run", life });
    node.trap("flock", `#!/bin/sh\nsleep 3.8; exec ${findProgram("flock") ?? "flock"} "$@"`);
    const report = await ask(node, { mode: "run", life });
    expect(report).toMatchObject({ state: "running", guard: "armed" });
    expect(report.health).toBeUndefined();
  });
});

/** Whose answer counts: real processes on real ports, and who of them is the scheduler's. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it, vi } from "vitest";
import type { HealthSettings } from "../../lib/core/settings.ts";
import {
  INSTALLED_SHELLS,
  TestNode,
  alive,
  ask,
  begin,
  clusterSettings,
  findProgram,
  killQuietly,
  run,
  sayMissing,
  until,
} from "./support.ts";
import { nodeWithSystemd } from "./systemd.ts";

vi.setConfig({ maxConcurrency: 10 });

const hasCurl = findProgram("curl") !== undefined;
if (!hasCurl) sayMissing("whose answer a health URL gives: curl is not installed");

/** A port that is free on every loopback address. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A shell command: a health server that says `fine`, here or in a session of its own. */
const serverAt = (port: number, host = "127.0.0.1") =>
  `${process.execPath} -e 'require("http").createServer((_, r) => r.end("fine")).listen(${port}, "${host}")'`;

const healthAt = (port: number, host = "127.0.0.1"): Extract<HealthSettings, { kind: "url" }> => ({
  kind: "url",
  url: `http://${host}:${port}/health`,
  answeredBy: "scheduler",
  timeoutSeconds: 3,
  failures: 3,
});

/** This process answers there until the test is over: a stranger to every node. */
async function strangerAt(port: number, host = "127.0.0.1"): Promise<() => void> {
  const server = createServer((_, response) => response.end("a stranger's fine"));
  await new Promise<void>((resolve, reject) => {
    server.on("error", reject);
    server.listen(port, host, resolve);
  });
  return () => {
    server.close();
    server.closeAllConnections();
  };
}

/** The first answer that is one: the scheduler's server takes a moment to listen. */
async function answerOf(node: TestNode, life: string) {
  await run(node, life);
  return until("the health check is answered", async () => {
    const { health } = await ask(node, { mode: "run", life });
    return health !== undefined && health.code !== 0 ? health : undefined;
  });
}

const SLEEP = "exec sleep 1000";

describe.runIf(hasCurl).concurrent("an answer by URL counts", () => {
  it.for([
    ["the scheduler itself", (port: number) => `exec ${serverAt(port)}`],
    ["a child of it", (port: number) => `${serverAt(port)} & ${SLEEP}`],
    ["a child in a session of its own", (port: number) => `setsid ${serverAt(port)} & ${SLEEP}`],
    ["one whose parent has ended", (port: number) => `(setsid ${serverAt(port)} &) ; ${SLEEP}`],
    ["one that listens everywhere", (port: number) => `exec ${serverAt(port, "::")}`],
  ] as const)("from %s", async ([, start], { expect, onTestFinished }) => {
    const port = await freePort();
    const node = new TestNode(clusterSettings({ start: start(port) }, { health: healthAt(port) }));
    onTestFinished(() => node.dispose());
    expect(await answerOf(node, await begin(node))).toEqual({ code: 200, body: "fine" });
  });

  it("from an elder of the main process, in its session", async ({ expect, onTestFinished }) => {
    const port = await freePort();
    const daemon = `sleep ${100_000 + port}`;
    // Anchored: the shell around it has the same words in its command line.
    const scheduler = { start: `${serverAt(port)} & sleep 0.3; ${daemon}`, pattern: `^${daemon}` };
    const node = new TestNode(clusterSettings(scheduler, { health: healthAt(port) }));
    onTestFinished(() => node.dispose());
    expect(await answerOf(node, await begin(node))).toMatchObject({ code: 200 });
  });

  it("from a process in the unit's control group, and from no other", async ({ expect, onTestFinished }) => {
    const port = await freePort();
    const node = nodeWithSystemd(clusterSettings({ unit: "demo.service" }, { health: healthAt(port) }));
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const { pids } = await run(node, life);
    const server = node.spawn(`exec ${serverAt(port)}`);
    expect(await answerOf(node, life)).toMatchObject({ code: 98 });
    node.write("sys/fs/cgroup/system.slice/demo.service/cgroup.procs", `${pids[0]}\n${server}\n`);
    expect(await answerOf(node, life)).toEqual({ code: 200, body: "fine" });
  });

  it("whoever has the same port at another address", async ({ expect, onTestFinished }) => {
    const port = await freePort();
    onTestFinished(await strangerAt(port, "127.0.0.2"));
    const node = new TestNode(
      clusterSettings({ start: `exec ${serverAt(port)}` }, { health: healthAt(port) }),
    );
    onTestFinished(() => node.dispose());
    expect(await answerOf(node, await begin(node))).toMatchObject({ code: 200 });
  });
});

describe.runIf(hasCurl).concurrent("an answer by URL does not count", () => {
  it.for(INSTALLED_SHELLS)(
    "from another program that has the port, and says which (%s)",
    async (shell, { expect, onTestFinished }) => {
      const port = await freePort();
      onTestFinished(await strangerAt(port));
      const node = new TestNode(clusterSettings({ start: SLEEP }, { health: healthAt(port) }), shell);
      onTestFinished(() => node.dispose());
      const { code, body } = await answerOf(node, await begin(node));
      expect(code).toBe(98);
      expect(body).toContain(`port ${port} is held by process ${process.pid} (`);
      expect(body).toMatch(/\), which is not this scheduler's: its answer does not count$/);
    },
  );

  it("from the health server that a killed scheduler has left beside the next", async ({
    expect,
    onTestFinished,
  }) => {
    const port = await freePort();
    const daemon = `sleep ${100_000 + port}`;
    const settings = clusterSettings(
      { start: `exec ${daemon}`, pattern: daemon },
      { health: healthAt(port) },
    );
    const node = new TestNode(settings);
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const first = node.spawn(`${serverAt(port)} & exec ${daemon}`);
    expect(await answerOf(node, life)).toMatchObject({ code: 200 });
    killQuietly(first);
    await until("the first has ended", () => !alive(first));
    const next = node.spawn(`exec ${daemon}`);
    const report = await ask(node, { mode: "run", life });
    expect(report).toMatchObject({ state: "running", health: { code: 98 } });
    expect(report.pids[0]).toBe(next);
  });

  it("from the scheduler where a stranger has the same port at another of the node's own addresses", async ({
    expect,
    onTestFinished,
  }) => {
    const port = await freePort();
    const stranger = await strangerAt(port, "::1").catch(() => undefined);
    if (stranger === undefined) {
      sayMissing("a stranger at ::1: this machine has no IPv6");
      return;
    }
    onTestFinished(stranger);
    const health = healthAt(port, "localhost");
    const node = new TestNode(clusterSettings({ start: `exec ${serverAt(port)}` }, { health }));
    onTestFinished(() => node.dispose());
    expect(await answerOf(node, await begin(node))).toMatchObject({ code: 98 });
  });
});

describe.runIf(hasCurl).concurrent("an answer by URL is left out", () => {
  it("where the look at whose it is was cut short", async ({ expect, onTestFinished }) => {
    const port = await freePort();
    const settings = clusterSettings({ start: `exec ${serverAt(port)}` }, { health: healthAt(port) });
    const node = new TestNode(settings);
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    expect(await answerOf(node, life)).toMatchObject({ code: 200 });
    node.trap("ls", "#!/bin/sh\nexec sleep 1000");
    const report = await ask(node, { mode: "run", life });
    expect(report).toMatchObject({ state: "running" });
    expect(report.health).toBeUndefined();
  });
});

describe.runIf(hasCurl).concurrent("where anybody may answer", () => {
  it("a stranger's answer counts", async ({ expect, onTestFinished }) => {
    const port = await freePort();
    onTestFinished(await strangerAt(port));
    const health = { ...healthAt(port), answeredBy: "anybody" } as const;
    const node = new TestNode(clusterSettings({ start: SLEEP }, { health }));
    onTestFinished(() => node.dispose());
    expect(await answerOf(node, await begin(node))).toEqual({ code: 200, body: "a stranger's fine" });
  });
});

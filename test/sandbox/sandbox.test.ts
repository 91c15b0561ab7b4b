import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCurrent, SANDBOXES } from "../../lib/sandbox/folder.ts";
import { type Sandbox, startSandbox } from "../../lib/sandbox/sandbox.ts";

let sandbox: Sandbox;
/** Apart from the port of whoever runs one by hand. */
const PORT = 4766;

beforeAll(async () => {
  sandbox = await startSandbox({ port: PORT });
});
afterAll(async () => {
  await sandbox?.stop();
});

describe("the whole system", () => {
  it("has one scheduler running within a minute of its start", async () => {
    const state = await sandbox.waitUntil("one scheduler", one, 60);
    expect(state.secondsOfTwo).toBe(0);
  });

  it("answers an operator's action through the alias", async () => {
    const { payload } = await sandbox.invoke({ action: "status" }, "read");
    expect(payload).toMatchObject({ ok: true, cluster: "demo" });
  });

  it("takes faults and shows its state by HTTP, and no request of a web page elsewhere", async () => {
    const answer = await fetch(`${sandbox.endpoint}/_sandbox/state`);
    expect(await answer.json()).toMatchObject({ endpoint: sandbox.endpoint });
    const post = (name: string, headers: Record<string, string> = {}) =>
      fetch(`${sandbox.endpoint}/_sandbox/faults/${name}`, { method: "POST", headers });
    expect((await post("nonsense")).status).toBe(400);
    expect((await post("kill", { origin: "http://elsewhere.test" })).status).toBe(400);
    expect((await post("clear")).status).toBe(200);
  });

  it("is found by the command that looks for it", () => {
    const own = { endpoint: sandbox.endpoint, pid: process.pid };
    expect(readCurrent()).toEqual(own);
    // Also when one that was started later has been killed.
    const { status, pid } = spawnSync("true");
    expect(status).toBe(0);
    const killed = join(SANDBOXES, `current-${pid}.json`);
    writeFileSync(killed, JSON.stringify({ ...own, pid }));
    expect(readCurrent()).toEqual(own);
    rmSync(killed);
  });

  it("records the calls of the function and of the loop when they are answered", async () => {
    const calls = () => sandbox.recordedCalls();
    const state = await sandbox.waitUntil(
      "calls of the loop and of the function to Systems Manager",
      () =>
        calls().some(({ caller, operation }) => caller === "states" && operation === "Invoke") &&
        calls().some(({ caller, service }) => caller.startsWith("function:") && service === "ssm"),
      20,
    );
    const lines = readFileSync(sandbox.folder.file("calls.jsonl"), "utf8").trim().split("\n");
    expect(lines.length).toBeGreaterThanOrEqual(calls().length);
    expect(state.metrics).toHaveProperty("SchedulersRunning{Cluster=demo}");
  });

  it("stops without leaving a process or the note of where it is", async () => {
    const { nodes } = sandbox.cloud.fleet;
    await sandbox.stop();
    expect(nodes.flatMap((node) => node.processes())).toEqual([]);
    expect(readCurrent()?.pid).not.toBe(process.pid);
    expect(existsSync(sandbox.folder.file("owner.json"))).toBe(false);
    await expect(fetch(`${sandbox.endpoint}/_sandbox/state`)).rejects.toThrow("fetch failed");
  });
});

function one(state: ReturnType<Sandbox["state"]>): boolean {
  return state.nodes.flatMap(({ schedulers }) => schedulers).length === 1 && state.ledger.tasks > 0;
}

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DEMO_SCHEDULER } from "../../lib/sandbox/nodes/demo-scheduler.ts";
import { schedulersOf } from "../../lib/sandbox/nodes/schedulers.ts";
import type { FaultRequest } from "../../lib/sandbox/faults/faults.ts";
import { Ledger } from "../../lib/sandbox/ledger.ts";
import type { LocalNode } from "../../lib/sandbox/nodes/node.ts";
import { readProcess } from "../../lib/sandbox/nodes/processes.ts";
import { eventually, openTestCloud, type TestCloud } from "./support/test-cloud.ts";

let test: TestCloud;
let node: LocalNode;
beforeEach(async () => {
  test = await openTestCloud();
  [node] = test.nodes;
});
afterEach(async () => await test.close());

async function startScheduler(on: LocalNode): Promise<number> {
  await test.cloud.faults.set("start-by-hand", { node: on.id });
  return await eventually(() => schedulersOf(on)[0]?.pid);
}

describe("a node that crashes", () => {
  it("loses every process, those in sessions of their own included, and /run; EC2 says stopped later", async () => {
    await startScheduler(node);
    // The scheduler and its helper in another session.
    await eventually(() => (node.processes().length >= 2 ? true : undefined));
    const bystander = spawn("sleep", ["30"], { stdio: "ignore" });
    await test.cloud.faults.set("crash", { node: node.name, seconds: 0.2 });
    expect(node.processes()).toEqual([]);
    expect(existsSync(join(node.root, "run"))).toBe(false);
    expect(node.state).toBe("running");
    await eventually(() => (node.state === "stopped" ? true : undefined));
    expect(readProcess(bystander.pid ?? 0)).toBeDefined();
    bystander.kill();
  });

  it("boots with its disk as it was and an empty /run", async () => {
    writeFileSync(join(node.root, "etc/kept"), "");
    mkdirSync(join(node.root, "run/state"));
    await test.cloud.faults.set("crash", { node: node.name, seconds: 0 });
    await eventually(() => (node.state === "stopped" ? true : undefined));
    await test.cloud.faults.set("bring-back", { node: node.name });
    await eventually(() => (node.reachable ? true : undefined));
    expect(existsSync(join(node.root, "etc/kept"))).toBe(true);
    expect(existsSync(join(node.root, "run/state"))).toBe(false);
  });
});

describe("faults of the scheduler", () => {
  it("find it by what really runs, stop it, let it go on and kill it", async () => {
    const pid = await startScheduler(node);
    await test.cloud.faults.set("hang", { for: 0.3 });
    await eventually(() => (readProcess(pid)?.state === "T" ? true : undefined));
    await eventually(() => (readProcess(pid)?.state === "S" ? true : undefined));
    await test.cloud.faults.set("kill", { node: "active" });
    await eventually(() => (readProcess(pid) === undefined ? true : undefined));
    expect(schedulersOf(node)).toEqual([]);
  });

  it("are refused with the valid nodes where none or two run, or the node is unknown", async () => {
    const valid = [...test.nodes.flatMap(({ id, name }) => [id, name]), "active", "standby"];
    await expect(test.cloud.faults.set("kill")).rejects.toMatchObject({ field: "node", valid });
    await expect(test.cloud.faults.set("kill", { node: "node-9" })).rejects.toMatchObject({ valid });
    await startScheduler(test.nodes[0]);
    await startScheduler(test.nodes[1]);
    await expect(test.cloud.faults.set("kill")).rejects.toThrow("node-1 and node-2 run");
  });

  it.each<[string, FaultRequest, string]>([
    ["unknown", {}, "there is no fault"],
    ["ssm-late", { seconds: -1 }, "seconds"],
    ["ssm-late", { minutes: 1 }, "minutes"],
    ["dynamodb-down", { node: "node-1" }, "takes no node"],
    ["kill", { for: 4000 }, "for must be a number"],
  ])("refuse %s with %j", async (name, request, words) => {
    await expect(test.cloud.faults.set(name, request)).rejects.toThrow(words);
  });
});

describe("the demo scheduler", () => {
  it("hands a second time out what a second one of it hands out, and the ledger counts it", async () => {
    await startScheduler(test.nodes[0]);
    await startScheduler(test.nodes[1]);
    const ledger = new Ledger(join(test.folder, "ledger.jsonl"));
    const counts = await eventually(() => {
      const found = ledger.read();
      return found.doubleHandOuts > 2 && found.overlapSeconds > 0.2 ? found : undefined;
    }, 8_000);
    expect(counts.tasks).toBeGreaterThan(2);
  });

  it("does not start where its start is made to fail", async () => {
    await test.cloud.faults.set("start-fails", { node: node.id });
    const child = spawn(process.execPath, [DEMO_SCHEDULER, "run", "--ledger", "/nowhere"], {
      env: node.environment,
    });
    const code = await new Promise((resolve) => {
      child.once("exit", resolve);
    });
    expect(code).toBe(1);
  });
});

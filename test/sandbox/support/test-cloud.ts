/** The emulated services with a small deployment of the tests' own, real SDK clients, and nodes in a temporary folder. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cloud, OPERATOR_KEY } from "../../../lib/sandbox/cloud.ts";
import { EventStream } from "../../../lib/sandbox/events.ts";
import type { CallRecord } from "../../../lib/sandbox/gateway/call-log.ts";
import { Gateway } from "../../../lib/sandbox/gateway/gateway.ts";
import { LocalNode } from "../../../lib/sandbox/nodes/node.ts";
import { startScheduler } from "../../../lib/sandbox/nodes/schedulers.ts";
import type { Deployment, FunctionModel } from "../../../lib/sandbox/template/deployment.ts";

export const PLACE = { account: "000000000000", region: "us-east-1", stackName: "Test" };

export interface TestCloud {
  readonly cloud: Cloud;
  readonly calls: CallRecord[];
  readonly events: EventStream;
  readonly folder: string;
  readonly endpoint: string;
  readonly clientOptions: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
    readonly maxAttempts: number;
  };
  readonly nodes: readonly [LocalNode, LocalNode];
  close(): Promise<void>;
}

export const EMPTY: Deployment = {
  tables: [],
  functions: [],
  stateMachines: [],
  schedules: [],
  rules: [],
  documents: [],
  identities: [],
  outputs: [],
};

export async function openTestCloud(
  deployment: (folder: string) => Partial<Deployment> = () => ({}),
): Promise<TestCloud> {
  const folder = mkdtempSync(join(tmpdir(), "sandbox-test-"));
  const calls: CallRecord[] = [];
  const events = new EventStream();
  const gateway = new Gateway({ record: (call) => calls.push(call) });
  await gateway.listen(0);
  const [first, second] = [1, 2].map(
    (index) => new LocalNode({ index, directory: join(folder, "nodes"), tags: { role: "scheduler" } }),
  );
  if (first === undefined || second === undefined) throw new Error("no nodes");
  const nodes: readonly [LocalNode, LocalNode] = [first, second];
  const cloud = new Cloud({
    deployment: { ...EMPTY, ...deployment(folder) },
    place: PLACE,
    nodes,
    events,
    gateway,
    mark: join(folder, "functions"),
    startByHand: (node) => startScheduler(node, join(folder, "ledger.jsonl")),
    fleetTimes: {
      bootMilliseconds: 20,
      agentMilliseconds: 20,
      crashNoticedMilliseconds: 200,
      stopMilliseconds: 100,
    },
  });
  await cloud.open();
  return {
    cloud,
    calls,
    events,
    folder,
    endpoint: gateway.endpoint,
    clientOptions: {
      endpoint: gateway.endpoint,
      region: PLACE.region,
      credentials: { accessKeyId: OPERATOR_KEY, secretAccessKey: "x" },
      maxAttempts: 1,
    },
    nodes,
    close: async () => {
      await cloud.close();
      await gateway.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A function whose code is the given module. */
export function functionOf(folder: string, code: string, more: Partial<FunctionModel> = {}): FunctionModel {
  const codeDirectory = join(folder, "code", more.name ?? "subject");
  mkdirSync(codeDirectory, { recursive: true });
  writeFileSync(join(codeDirectory, "index.mjs"), code);
  const name = more.name ?? "subject";
  return {
    name,
    arn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
    handler: "index.handler",
    runtime: "nodejs24.x",
    codeDirectory,
    timeoutSeconds: 1,
    memoryMegabytes: 128,
    environment: {},
    versions: ["1"],
    aliases: { tick: "1" },
    asyncRetries: 0,
    ...more,
  };
}

/** Looks again and again until there is something; fails with the last answer. */
export async function eventually<Found>(
  look: () => Found | undefined | Promise<Found | undefined>,
  within = 5_000,
): Promise<Found> {
  const end = Date.now() + within;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`not within ${within} ms: ${look.toString()}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 25);
    });
  }
}

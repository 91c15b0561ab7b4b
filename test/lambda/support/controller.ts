/** A controller over a real table, without nodes: what its ticks do is the test's choice. */
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoRecordStore } from "../../../lambda/adapters/dynamo-store.ts";
import type { Environment } from "../../../lambda/environment.ts";
import type { Controller, Tick } from "../../../lambda/loop.ts";
import { DEFAULTS, type ClusterSettings, type Settings } from "../../../lib/core/settings.ts";
import { KeptJournal, KeptMails, ManualClock } from "./ports.ts";
import { makeTable } from "./tables.ts";

export function sampleCluster(changes: Partial<ClusterSettings> = {}): ClusterSettings {
  return {
    nodes: { tag: { key: "scheduler", value: "etl" }, prefer: [], exclude: [] },
    scheduler: { unit: "airflow-scheduler.service" },
    timers: DEFAULTS.timers,
    guard: "on",
    fence: "none",
    startIn: "run",
    ...changes,
  };
}

export function sampleEnvironment(clusters: Readonly<Record<string, ClusterSettings>>): Environment {
  const settings: Settings = {
    beatSeconds: 10,
    logLevel: "info",
    logRetentionDays: 7,
    alerts: { ...DEFAULTS.alerts, from: "failover@example.com", to: ["ops@example.com"] },
    clusters,
  };
  return {
    table: "failover",
    owner: "arn:aws:dynamodb:eu-west-1:123456789012:table/failover",
    documents: Object.fromEntries(Object.keys(clusters).map((name) => [name, `failover-${name}`])),
    dashboardUrl: "https://dashboard.example.com",
    namespace: "failover",
    functionName: "controller",
    region: "eu-west-1",
    settings,
  };
}

export interface TestController extends Controller {
  readonly store: DynamoRecordStore;
  readonly table: string;
  readonly journal: KeptJournal;
  readonly mails: KeptMails;
  readonly clock: ManualClock;
}

export async function makeController(
  client: DynamoDBClient,
  clusters: Readonly<Record<string, ClusterSettings>> = { etl: sampleCluster() },
  tick: Tick = unexpected,
): Promise<TestController> {
  const table = await makeTable(client);
  const store = new DynamoRecordStore(client, table);
  const journal = new KeptJournal();
  const mails = new KeptMails();
  const clock = new ManualClock();
  let nonces = 0;
  const ports = {
    store,
    journal,
    clock,
    alerts: mails,
    events: { publish: unexpected },
    nodes: { send: unexpected, collect: unexpected },
    directory: { discover: unexpected, stop: unexpected },
    metrics: { put: unexpected },
    ids: { nonce: () => `nonce-${(nonces += 1)}` },
  };
  return {
    ports,
    environment: sampleEnvironment(clusters),
    version: "1.2.3",
    tick,
    store,
    table,
    journal,
    mails,
    clock,
  };
}

function unexpected(): never {
  throw new Error("nothing of the kind is expected in this test");
}

export const REQUEST = "11111111-2222-3333-4444-555555555555";

/** An invocation through an alias, or through none. */
export function through(alias?: string): { awsRequestId: string; invokedFunctionArn: string } {
  const arn = "arn:aws:lambda:eu-west-1:123456789012:function:controller";
  return { awsRequestId: REQUEST, invokedFunctionArn: alias === undefined ? arn : `${arn}:${alias}` };
}

/** What is deployed for many clusters, run: the loop's definition, the bundled function and the table, on one gateway. */
import { LambdaClient } from "@aws-sdk/client-lambda";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { DynamoDb } from "../../lib/sandbox/emulators/dynamodb.ts";
import { eventBridgeService } from "../../lib/sandbox/emulators/eventbridge.ts";
import { lambdaService } from "../../lib/sandbox/emulators/lambda.ts";
import { Mailbox } from "../../lib/sandbox/emulators/ses.ts";
import { EventBus } from "../../lib/sandbox/event-bus.ts";
import type { CallRecord } from "../../lib/sandbox/gateway/call-log.ts";
import { Gateway } from "../../lib/sandbox/gateway/gateway.ts";
import { LambdaRuntime } from "../../lib/sandbox/lambda/runtime.ts";
import { Metronome } from "../../lib/sandbox/schedule.ts";
import { StateMachineRunner } from "../../lib/sandbox/state-machine.ts";
import { synthesizeApp } from "../../lib/sandbox/synthesize.ts";
import { readAssembly } from "../../lib/sandbox/template/assembly.ts";
import type { StateMachineModel } from "../../lib/sandbox/template/deployment.ts";
import { SANDBOX_ACCOUNT, SANDBOX_REGION } from "../../lib/sandbox/template/place.ts";
import { readDeployment } from "../../lib/sandbox/template/read-deployment.ts";
import { changed, cluster } from "../settings/written.ts";
import { Nodes } from "./nodes.ts";

const STACK = "Scale";
const PLACE = { account: SANDBOX_ACCOUNT, region: SANDBOX_REGION, stackName: STACK };
const TAG = "scheduler-failover";
/** The default of the settings. */
const GRANT_SECONDS = 120;

export interface Run {
  readonly nodes: Nodes;
  /** Every call of the function, in the order of their answers. */
  readonly calls: readonly CallRecord[];
  /** Lines of the function's log that tell of something wrong. */
  readonly errors: readonly string[];
  readonly memoryMegabytes: number;
  stop(): Promise<void>;
}

/** Deploys these clusters, with a node each, and starts the schedule. `patient`: a loop that waits for each tick's end. */
export async function startRun(
  clusters: readonly string[],
  beatSeconds: number,
  patient: boolean,
): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), "scale-"));
  const settings = join(folder, "settings.yaml");
  writeFileSync(settings, stringify(settingsOf(clusters, beatSeconds)));
  const assembly = readAssembly(await synthesizeApp(join(folder, "cdk.out"), settings, STACK));
  const deployment = readDeployment(assembly, PLACE);
  const calls: CallRecord[] = [];
  const errors: string[] = [];
  const gateway = new Gateway({ record: (call) => void (call.caller === "function" && calls.push(call)) });
  await gateway.listen(0);
  const runtime = new LambdaRuntime(deployment.functions, {
    endpoint: gateway.endpoint,
    region: PLACE.region,
    mark: folder,
    onLine: ({ text }) => void (/"level":"(?:ERROR|CRITICAL)"/.test(text) && errors.push(text)),
  });
  gateway.intercept({}, (key) => (runtime.functionOf(key) === undefined ? "states" : "function"));
  const client = new LambdaClient({
    endpoint: gateway.endpoint,
    region: PLACE.region,
    credentials: { accessKeyId: "STATES", secretAccessKey: "scale" },
    maxAttempts: 1,
  });
  const machines = deployment.stateMachines.map(
    (one) => new StateMachineRunner(patient ? patientLoop(one) : one, client, PLACE),
  );
  const dynamo = new DynamoDb(PLACE);
  const nodes = new Nodes(clusters, GRANT_SECONDS);
  gateway.add(
    ...nodes.services,
    dynamo.service,
    lambdaService(runtime),
    new Mailbox(deployment.identities, PLACE.region, () => undefined).service,
    eventBridgeService(PLACE, new EventBus([], () => undefined)),
  );
  for (const table of deployment.tables) await dynamo.create(table);
  const start = (arn: string, input: unknown) =>
    machines.find(({ model }) => model.arn === arn)?.start(input);
  const metronomes = deployment.schedules.map((one) => new Metronome(one, start));
  return {
    nodes,
    calls,
    errors,
    memoryMegabytes: deployment.functions[0]?.memoryMegabytes ?? 0,
    async stop() {
      for (const metronome of metronomes) metronome.close();
      await runtime.close();
      await Promise.all(machines.map((machine) => machine.close()));
      client.destroy();
      await gateway.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Without the end of its patience. */
function patientLoop(model: StateMachineModel): StateMachineModel {
  const definition = model.definition.replace(/"TimeoutSecondsPath":"[^"]+"/, '"TimeoutSeconds":60');
  if (definition === model.definition) throw new Error("the loop waits for each tick's end already");
  return { ...model, definition };
}

const settingsOf = (clusters: readonly string[], beatSeconds: number) =>
  changed(
    ["beatSeconds", beatSeconds],
    [
      "clusters",
      Object.fromEntries(
        clusters.map((name) => [name, { ...cluster(), nodes: { tag: { key: TAG, value: name } } }]),
      ),
    ],
  );

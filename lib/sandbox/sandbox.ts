/**
 * The whole system on this machine: what the app synthesizes, run on emulated AWS services behind one loopback
 * endpoint, with local nodes and faults on demand. Starts in order, stops in reverse, cleans up after a failed start.
 */
import { appendFileSync } from "node:fs";
import { Cloud, OPERATOR_KEY } from "./cloud.ts";
import { Console } from "./console/console.ts";
import { type Controls, serveControls } from "./control.ts";
import { EventStream, type SandboxEvent } from "./events.ts";
import type { FaultName } from "./faults/catalogue.ts";
import type { FaultRequest } from "./faults/faults.ts";
import { endLeftovers, removeCurrent, SandboxFolder, writeCurrent } from "./folder.ts";
import { CallLog, type CallRecord } from "./gateway/call-log.ts";
import { type Exchange, Gateway } from "./gateway/gateway.ts";
import { Ledger } from "./ledger.ts";
import { LocalNode, type NodeOptions } from "./nodes/node.ts";
import { startScheduler } from "./nodes/schedulers.ts";
import { ProcessWatch } from "./process-watch.ts";
import { type SettingsOverride, writeSettings } from "./sandbox-settings.ts";
import { readState, type SandboxState } from "./state.ts";
import { synthesizeApp } from "./synthesize.ts";
import { type Assembly, readAssembly } from "./template/assembly.ts";
import { type Place, SANDBOX_ACCOUNT, SANDBOX_REGION } from "./template/place.ts";
import { readDeployment } from "./template/read-deployment.ts";

export const DEFAULT_PORT = 4666;

export interface SandboxOptions {
  /** The port wanted; the next free one is taken where it is not. @default 4666 */
  readonly port?: number;
  /** How many nodes; they belong to the clusters in turn. @default 2 */
  readonly nodes?: number;
  /** Merged into the sandbox's own settings; `null` takes a member away. */
  readonly settings?: SettingsOverride;
  /** The directory of an assembly with the same clusters that was synthesized before. @default one is made of `settings` */
  readonly assembly?: string;
  /** Makes the nodes. @default folders of processes below the sandbox's own folder */
  readonly makeNode?: (options: NodeOptions) => LocalNode;
  /** Nodes, by name, on which somebody has started a scheduler before the controller looks for the first time. */
  readonly startedByHand?: readonly string[];
  /** Gets every event, the first ones of the start included. */
  readonly onEvent?: (event: SandboxEvent) => void;
  /** Gets every answered call of an AWS API to the letter, for those who judge them. */
  readonly onExchange?: (exchange: Exchange) => void;
}

export interface InvokeReply {
  /** The handler's answer, parsed. */
  readonly payload: unknown;
  readonly functionError?: string;
}

export class Sandbox {
  readonly endpoint: string;
  readonly folder: SandboxFolder;
  readonly cloud: Cloud;
  readonly events: EventStream;
  readonly ledger: Ledger;
  readonly watch: ProcessWatch;
  readonly calls: CallLog;
  readonly #stop: () => Promise<void>;
  #deployments = 1;

  constructor(parts: {
    endpoint: string;
    folder: SandboxFolder;
    cloud: Cloud;
    events: EventStream;
    ledger: Ledger;
    watch: ProcessWatch;
    calls: CallLog;
    stop: () => Promise<void>;
  }) {
    this.endpoint = parts.endpoint;
    this.folder = parts.folder;
    this.cloud = parts.cloud;
    this.events = parts.events;
    this.ledger = parts.ledger;
    this.watch = parts.watch;
    this.calls = parts.calls;
    this.#stop = parts.stop;
  }

  /** What the AWS CLI and SDKs need to speak to this sandbox. */
  get environment(): Readonly<Record<string, string>> {
    return {
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_REGION: SANDBOX_REGION,
      AWS_DEFAULT_REGION: SANDBOX_REGION,
      AWS_ACCESS_KEY_ID: OPERATOR_KEY,
      AWS_SECRET_ACCESS_KEY: "sandbox",
    };
  }

  output(key: string): string {
    const found = this.cloud.deployment.outputs.find((one) => one.key === key);
    if (found === undefined) throw new Error(`the stack has no output ${key}`);
    return found.value;
  }

  state(): SandboxState {
    return readState(this);
  }

  recordedCalls(): readonly CallRecord[] {
    return this.calls.recent;
  }

  async fault(name: FaultName, request: FaultRequest = {}): Promise<string> {
    return await this.cloud.faults.set(name, request);
  }

  /** One operator action, through the alias that may do it. */
  async invoke(action: Readonly<Record<string, unknown>>, alias = "operate"): Promise<InvokeReply> {
    const result = await this.cloud.runtime.invoke(
      this.output("FunctionName"),
      alias,
      JSON.stringify(action),
    );
    return {
      payload: JSON.parse(result.payload),
      ...(result.functionError === undefined ? {} : { functionError: result.functionError }),
    };
  }

  /** Looks at the state several times a second until the predicate holds; fails with the last state after `within` seconds. */
  async waitUntil(
    what: string,
    predicate: (state: SandboxState) => boolean | Promise<boolean>,
    within: number,
  ): Promise<SandboxState> {
    const end = Date.now() + within * 1000;
    for (;;) {
      const state = this.state();
      if (await predicate(state)) return state;
      if (Date.now() > end) {
        throw new Error(
          `not within ${within} s: ${what}\nnodes: ${JSON.stringify(state.nodes)}\nlast events:\n${this.events.recent
            .slice(-15)
            .map(({ text }) => `  ${text}`)
            .join("\n")}`,
        );
      }
      await new Promise((resolve) => {
        setTimeout(resolve, LOOK_MILLISECONDS);
      });
    }
  }

  /**
   * Deploys the same stack with these settings in place of the ones it was started with. @throws UpdateRefused; nothing
   * has changed then
   */
  async deploy(settings: SettingsOverride): Promise<void> {
    this.#deployments += 1;
    const file = this.folder.file(`settings-${this.#deployments}.yaml`);
    const directory = this.folder.file(`cdk.out-${this.#deployments}`);
    writeSettings(file, this.folder.file(LEDGER), settings);
    await this.deployAssembly(await synthesizeApp(directory, file, STACK_NAME));
  }

  /** The same with an assembly that was synthesized before. */
  async deployAssembly(directory: string): Promise<void> {
    const assembly = readAssembly(directory);
    await this.cloud.update(readDeployment(assembly, placeOf(assembly)));
  }

  async stop(): Promise<void> {
    await this.#stop();
  }
}

const LEDGER = "ledger.jsonl";

const placeOf = ({ stackName }: Assembly): Place => ({
  account: SANDBOX_ACCOUNT,
  region: SANDBOX_REGION,
  stackName,
});

const LOOK_MILLISECONDS = 150;

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const events = new EventStream();
  if (options.onEvent !== undefined) events.listen(options.onEvent);
  const undo: (() => Promise<void> | void)[] = [];
  const stop = async (): Promise<void> => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
  };
  try {
    return await startParts(options, events, undo, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(
  options: SandboxOptions,
  events: EventStream,
  undo: (() => Promise<void> | void)[],
  stop: () => Promise<void>,
): Promise<Sandbox> {
  const ended = await endLeftovers();
  if (ended > 0) events.tell("sandbox", `ended ${ended} processes that a killed sandbox had left`);
  let controls: Controls | undefined;
  let calls: CallLog | undefined;
  const gateway = new Gateway({
    record: (call) => calls?.add(call),
    exchanged: options.onExchange,
    otherRoutes: async (request, response) =>
      controls !== undefined && (await serveControls(controls, request, response)),
  });
  await gateway.listen(options.port ?? DEFAULT_PORT);
  undo.push(() => gateway.close());

  const folder = new SandboxFolder(gateway.port);
  await folder.claim();
  undo.push(() => folder.release());
  calls = new CallLog(folder.file("calls.jsonl"));

  const settings = folder.file("settings.yaml");
  const ledgerFile = folder.file(LEDGER);
  const tags = writeSettings(settings, ledgerFile, options.settings ?? {});
  if (options.assembly === undefined) {
    events.tell("sandbox", "synthesizing and bundling what would be deployed");
    await synthesizeApp(folder.file("cdk.out"), settings, STACK_NAME);
  }
  const assembly = readAssembly(options.assembly ?? folder.file("cdk.out"));
  const place = placeOf(assembly);
  const makeNode = options.makeNode ?? ((own: NodeOptions) => new LocalNode(own));
  const nodes = Array.from({ length: options.nodes ?? 2 }, (_, index) =>
    makeNode({
      index: index + 1,
      directory: folder.file("nodes"),
      tags: tags[index % tags.length] ?? {},
    }),
  );
  const deployment = readDeployment(assembly, place);
  const startByHand = (node: LocalNode): void => startScheduler(node, ledgerFile);
  const busFile = folder.file("events.jsonl");
  const cloud = new Cloud({
    deployment,
    place,
    nodes,
    events,
    gateway,
    mark: folder.mark,
    startByHand,
    onBusEvent: (event) => appendFileSync(busFile, `${JSON.stringify(event)}\n`),
  });
  undo.push(() => cloud.close());
  const ledger = new Ledger(ledgerFile);
  const watch = new ProcessWatch(cloud.fleet, events);
  undo.push(() => watch.close());
  const sandbox = new Sandbox({
    endpoint: gateway.endpoint,
    folder,
    cloud,
    events,
    ledger,
    watch,
    calls,
    stop,
  });
  const console = new Console(sandbox);
  undo.push(() => console.close());
  controls = {
    state: () => sandbox.state(),
    fault: (name, request) => cloud.faults.set(name, request),
    console: (request, response) => console.serve(request, response),
  };
  await cloud.open(async () => {
    for (const node of options.startedByHand ?? []) await cloud.faults.set("start-by-hand", { node });
  });
  writeCurrent(gateway.endpoint);
  undo.push(removeCurrent);
  return sandbox;
}

export const STACK_NAME = "SchedulerFailover";

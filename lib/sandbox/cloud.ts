/** The deployed system on emulated services: wires the template's parts to the gateway. Everything begins in `open`. */
import { LambdaClient } from "@aws-sdk/client-lambda";
import { DynamoDb } from "./emulators/dynamodb.ts";
import { ec2Service } from "./emulators/ec2.ts";
import { eventBridgeService } from "./emulators/eventbridge.ts";
import { lambdaService } from "./emulators/lambda.ts";
import { Mailbox } from "./emulators/ses.ts";
import { cloudFormationService, logsService, stsService } from "./emulators/small-services.ts";
import { ssmService } from "./emulators/ssm.ts";
import { statesService } from "./emulators/states.ts";
import { type BusEvent, EventBus, instanceStateEvent } from "./event-bus.ts";
import type { EventStream } from "./events.ts";
import { Faults } from "./faults/faults.ts";
import { interceptionOf } from "./faults/interception.ts";
import { FunctionLogs } from "./function-logs.ts";
import type { Gateway } from "./gateway/gateway.ts";
import { LambdaRuntime } from "./lambda/runtime.ts";
import { Fleet, FLEET_TIMES, type FleetTimes } from "./nodes/fleet.ts";
import type { InstanceState, LocalNode } from "./nodes/node.ts";
import { RunCommand } from "./nodes/run-command.ts";
import { Metronome } from "./schedule.ts";
import { StateMachineRunner } from "./state-machine.ts";
import type { Deployment, DocumentModel, FunctionModel } from "./template/deployment.ts";
import type { Place } from "./template/place.ts";
import { askReadiness, refuseUpdate } from "./update.ts";

export interface CloudOptions {
  readonly deployment: Deployment;
  readonly place: Place;
  readonly nodes: readonly LocalNode[];
  readonly events: EventStream;
  readonly gateway: Gateway;
  /** On the command line of functions' processes. */
  readonly mark: string;
  /** Gets everything that comes onto the event bus. */
  readonly onBusEvent?: (event: BusEvent) => void;
  /** @default FLEET_TIMES */
  readonly fleetTimes?: FleetTimes;
  /** Starts a scheduler on the node past the controller, as a person would. */
  readonly startByHand: (node: LocalNode) => void;
}

/** The keys of those who call the gateway; any other is the operator's. */
export const OPERATOR_KEY = "AKIASANDBOXOPERATOR";
const STATES_KEY = "ASIAINSANDBOXSTATES0";

export class Cloud {
  deployment: Deployment;
  readonly fleet: Fleet;
  readonly faults: Faults;
  readonly mailbox: Mailbox;
  readonly bus: EventBus;
  readonly logs: FunctionLogs;
  readonly runtime: LambdaRuntime;
  readonly runCommand: RunCommand;
  readonly machines: readonly StateMachineRunner[];
  readonly #dynamo: DynamoDb;
  readonly #place: Place;
  readonly #events: EventStream;
  readonly #client: LambdaClient;
  readonly #newRuntime: (functions: readonly FunctionModel[]) => LambdaRuntime;
  /** Those of the deployment, and during an update those of the next one too. */
  readonly #documents: DocumentModel[];
  #metronomes: Metronome[] = [];

  constructor(options: CloudOptions) {
    const { deployment, place, nodes, events, gateway } = options;
    this.deployment = deployment;
    this.#place = place;
    this.#events = events;
    this.logs = new FunctionLogs(events);
    this.bus = new EventBus(deployment.rules, (arn, input) => this.#target(arn, input), options.onBusEvent);
    this.fleet = new Fleet(
      nodes,
      {
        onState: (node, state) => this.#stateChanged(node, state),
        onReachable: (node) => {
          events.tell("node", `the agent of ${node.name} (${node.id}) is heard`);
          this.runCommand.reconnected(node);
        },
      },
      options.fleetTimes ?? FLEET_TIMES,
    );
    this.faults = new Faults(this.fleet, events, options.startByHand);
    this.runCommand = new RunCommand(place.region, (node) => this.faults.disturbance(node));
    this.#documents = [...deployment.documents];
    this.#newRuntime = (functions) =>
      new LambdaRuntime(functions, {
        endpoint: gateway.endpoint,
        region: place.region,
        mark: options.mark,
        onLine: (line) => this.logs.add(line),
      });
    this.runtime = this.#newRuntime(deployment.functions);
    gateway.intercept(
      interceptionOf(this.faults, (key) => this.runtime.killEnvironment(key)),
      (key) => this.#callerOf(key),
    );
    this.#client = new LambdaClient({
      endpoint: gateway.endpoint,
      region: place.region,
      credentials: { accessKeyId: STATES_KEY, secretAccessKey: "sandbox" },
      maxAttempts: 1,
    });
    this.machines = deployment.stateMachines.map((one) => new StateMachineRunner(one, this.#client, place));
    this.#dynamo = new DynamoDb(place);
    this.mailbox = new Mailbox(deployment.identities, place.region, (letter) => {
      events.tell("mail", `mail to ${letter.to.join(", ")}: ${letter.subject}`, { ...letter });
    });
    gateway.add(...this.#services());
  }

  /** Makes the tables, boots the nodes, and, when they are up as they would be long before a deploy, starts the schedules. */
  async open(beforeTheFirstTick: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    for (const table of this.deployment.tables) await this.#dynamo.create(table);
    await this.fleet.startAll();
    await beforeTheFirstTick();
    for (const schedule of this.deployment.schedules) {
      this.#metronomes.push(
        new Metronome(schedule, (arn, input) => this.#target(arn, JSON.stringify(input))),
      );
    }
  }

  /**
   * A further deployment of the same stack, in CloudFormation's order: new documents are made, the new code is asked
   * whether it is ready, the aliases move, documents that are no longer needed go. @throws UpdateRefused: nothing changed
   */
  async update(next: Deployment): Promise<void> {
    refuseUpdate(this.deployment, next);
    const before = [...this.#documents];
    const names = new Set(before.map(({ name }) => name));
    this.#documents.push(...next.documents.filter(({ name }) => !names.has(name)));
    const staged = this.#newRuntime(next.functions);
    try {
      await askReadiness(staged, next.functions);
    } catch (error) {
      this.#documents.splice(0, Infinity, ...before);
      throw error;
    } finally {
      await staged.close();
    }
    this.deployment = next;
    await this.runtime.update(next.functions);
    this.#documents.splice(0, Infinity, ...next.documents);
    this.#events.tell("sandbox", "deployed anew");
  }

  /** In the reverse order. */
  async close(): Promise<void> {
    for (const metronome of this.#metronomes) metronome.close();
    this.faults.close();
    await this.runtime.close();
    await Promise.all(this.machines.map((machine) => machine.close()));
    this.#client.destroy();
    this.runCommand.close();
    await this.fleet.close();
  }

  #callerOf(accessKey: string): string {
    const name = this.runtime.functionOf(accessKey);
    if (name !== undefined) return `function:${name}`;
    return accessKey === STATES_KEY ? "states" : "operator";
  }

  #stateChanged(node: LocalNode, state: InstanceState): void {
    this.#events.tell("node", `EC2: ${node.name} (${node.id}) is ${state}`, { node: node.id, state });
    if (state === "stopped") this.runCommand.forget(node);
    this.bus.put(instanceStateEvent(this.#place, node.id, state));
  }

  #services() {
    const { deployment, fleet, runCommand } = this;
    return [
      this.#dynamo.service,
      ssmService({ fleet, runCommand, documents: this.#documents, account: this.#place.account }),
      ec2Service(fleet, this.#place),
      this.mailbox.service,
      eventBridgeService(this.#place, this.bus),
      lambdaService(this.runtime),
      statesService(this.machines),
      stsService(this.#place),
      cloudFormationService(this.#place, deployment.outputs),
      logsService(() => this.logs.lines),
    ];
  }

  /** What a rule or a schedule points at. */
  #target(arn: string, input: string): void {
    const machine = this.machines.find(({ model }) => model.arn === arn);
    try {
      if (machine !== undefined) machine.start(JSON.parse(input));
      else if (arn.includes(":lambda:")) this.runtime.invokeLater(arn, undefined, input);
      else throw new Error(`the sandbox does not implement the target ${arn}`);
    } catch (error) {
      this.#events.tell("problem", error instanceof Error ? error.message : String(error));
    }
  }
}

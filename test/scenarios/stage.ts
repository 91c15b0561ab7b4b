/**
 * A sandbox of its own with one scenario in it: what the incident is done with, and how it is waited for. How long a wait
 * may last is generous, since it only ends what will never come: how fast it went is a figure, not a test.
 */
import { performance } from "node:perf_hooks";
import type { Letter } from "../../lib/sandbox/emulators/ses.ts";
import type { SandboxEvent } from "../../lib/sandbox/events.ts";
import type { FaultName } from "../../lib/sandbox/faults/catalogue.ts";
import type { FaultRequest } from "../../lib/sandbox/faults/faults.ts";
import { Ledger } from "../../lib/sandbox/ledger.ts";
import { type Sandbox, startSandbox } from "../../lib/sandbox/sandbox.ts";
import { recordOf } from "../../lib/sandbox/values.ts";
import { writeExchange } from "../deploy/calls/exchanges.ts";
import { CLUSTER, type Deployment, DEPLOYMENTS } from "./deployments.ts";
import { Operator } from "./operator.ts";
import type { Scenario } from "./scenario.ts";
import { processName, type Sighted, Watcher } from "./watcher.ts";

const LOOK_MILLISECONDS = 100;
const STEADY: ReadonlySet<unknown> = new Set(["VERIFIED", "STEADY", "STEADY_ALONE"]);

export interface StageOptions {
  readonly port: number;
  readonly assembly: string;
  readonly onProgress: (text: string) => void;
  /** File that gets every call of an AWS API to the letter. */
  readonly exchanges?: string | undefined;
}

export class Stage {
  readonly sandbox: Sandbox;
  readonly watcher: Watcher;
  readonly operator: Operator;
  readonly events: readonly SandboxEvent[];
  readonly ledgers: ReadonlyMap<string, Ledger>;
  readonly begunAt: number;
  /** The directory of the synthesized assembly. */
  readonly assembly: string;
  incidentAt = 0;
  detectedAt = 0;
  restoredAt = 0;
  readonly #onProgress: (text: string) => void;
  #before: readonly Sighted[] = [];

  private constructor(
    sandbox: Sandbox,
    events: readonly SandboxEvent[],
    { ledgers }: Deployment,
    { assembly, onProgress }: StageOptions,
  ) {
    this.assembly = assembly;
    this.sandbox = sandbox;
    this.events = events;
    this.begunAt = Date.now();
    this.operator = new Operator(sandbox);
    this.ledgers = new Map(
      Object.entries(ledgers).map(([cluster, file]) => [cluster, new Ledger(sandbox.folder.file(file))]),
    );
    const tagOf = new Map(sandbox.cloud.fleet.nodes.map(({ id, tags }) => [id, tags["scheduler-failover"]]));
    this.watcher = new Watcher(
      sandbox.folder.file("nodes"),
      [...this.ledgers.keys()],
      (id) => tagOf.get(id) ?? "",
    );
    this.#onProgress = onProgress;
  }

  static async open(scenario: Scenario, options: StageOptions): Promise<Stage> {
    const { port, assembly, onProgress, exchanges } = options;
    const deployment: Deployment = DEPLOYMENTS[scenario.deployment ?? "quick"];
    const events: SandboxEvent[] = [];
    onProgress("starting the sandbox");
    const sandbox = await startSandbox({
      port,
      assembly,
      nodes: deployment.nodes,
      settings: deployment.settings,
      startedByHand: scenario.startedByHand ?? [],
      onEvent: (event) => events.push(event),
      ...(exchanges === undefined ? {} : { onExchange: (one) => writeExchange(exchanges, one) }),
    });
    return new Stage(sandbox, events, deployment, options);
  }

  async close(): Promise<void> {
    this.watcher.close();
    this.operator.close();
    await this.sandbox.stop();
  }

  // What is done.

  /** The fault from which the seconds count. */
  async incident(name: FaultName, request: FaultRequest = {}): Promise<void> {
    this.begins();
    await this.fault(name, request);
  }

  /** The seconds count from here. */
  begins(at: number = Date.now()): void {
    this.watcher.look();
    this.#before = this.watcher.latest(CLUSTER);
    this.incidentAt = at;
  }

  async fault(name: FaultName, request: FaultRequest = {}): Promise<void> {
    this.#onProgress(`fault ${name}`);
    await this.sandbox.fault(name, request);
  }

  /** An operator's action about the cluster of the incident. */
  async operate(
    action: string,
    input: Readonly<Record<string, unknown>> = {},
  ): Promise<Record<string, unknown>> {
    this.#onProgress(`operator: ${action}`);
    return await this.operator.ask(action, { cluster: CLUSTER, by: "scenario", ...input }, "operate");
  }

  // What is seen.

  /** The instance id of the node on which the one scheduler really runs. */
  active(cluster = CLUSTER): string {
    this.watcher.look();
    const [only, ...more] = this.watcher.latest(cluster);
    if (only === undefined || more.length > 0) {
      throw new Error(`not one scheduler: ${JSON.stringify(this.watcher.latest(cluster))}`);
    }
    return only.node;
  }

  /** The other node of the cluster. */
  standby(cluster = CLUSTER): string {
    const active = this.active(cluster);
    const { nodes } = this.sandbox.cloud.fleet;
    const found = nodes.find(({ id, tags }) => id !== active && tags["scheduler-failover"] === cluster);
    if (found === undefined) throw new Error(`${active} is alone`);
    return found.id;
  }

  runs(cluster = CLUSTER): readonly string[] {
    return this.watcher.latest(cluster).map(processName);
  }

  /** Ticks of the cluster with this code since an instant. */
  ticks(codes: readonly string[], since: number, cluster = CLUSTER): readonly SandboxEvent[] {
    return this.events.filter(
      ({ kind, at, data }) =>
        (kind === "tick" || kind === "transition") &&
        at >= since &&
        data?.["cluster"] === cluster &&
        codes.includes(String(data["code"])),
    );
  }

  letters(code: string): number {
    return this.sandbox.cloud.mailbox.letters.filter((letter) => codeOf(letter) === code).length;
  }

  // What is waited for.

  async until(what: string, holds: () => boolean | Promise<boolean>, within: number): Promise<void> {
    this.#onProgress(`waits: ${what}`);
    const end = performance.now() + within * 1000;
    while (!(await holds())) {
      if (performance.now() > end) throw new Error(`not within ${within} s: ${what}`);
      await new Promise((resolve) => {
        setTimeout(resolve, LOOK_MILLISECONDS);
      });
    }
  }

  /** For so long it stays so; what ends it earlier is the failure. */
  async stays(what: string, holds: () => boolean, seconds: number): Promise<void> {
    this.#onProgress(`stays for ${seconds} s: ${what}`);
    const end = performance.now() + seconds * 1000;
    while (performance.now() < end) {
      if (!holds()) throw new Error(`no longer: ${what}`);
      await new Promise((resolve) => {
        setTimeout(resolve, LOOK_MILLISECONDS);
      });
    }
  }

  /**
   * The controller says that it has seen the incident: one of these codes in a tick or in the history. It counts from
   * the instant of the decision, or of the new scheduler's process where a node that was told so long ago began first.
   */
  async detected(codes: readonly string[], within: number): Promise<void> {
    const since = this.incidentAt;
    await this.until(`${codes.join(" or ")} is said`, () => this.ticks(codes, since).length > 0, within);
    const [said] = this.ticks(codes, since);
    const decidedAt = said?.kind === "transition" ? Number(said.data?.["at"]) : (said?.at ?? 0);
    const old = new Set(this.#before.map(processName));
    this.detectedAt = Math.min(decidedAt, this.watcher.firstSeen(CLUSTER, since, old));
  }

  /** Something else than a code tells it: a failure of the function, a call that was refused. */
  async noticed(what: string, tells: (event: SandboxEvent) => boolean, within: number): Promise<void> {
    const find = () => this.events.find((event) => event.at >= this.incidentAt && tells(event));
    await this.until(what, () => find() !== undefined, within);
    this.detectedAt = find()?.at ?? 0;
  }

  /** One scheduler hands out tasks that was not there when the incident began. */
  async restored(within: number, on?: string): Promise<void> {
    const old = new Set(this.#before.map(processName));
    const ledger = this.ledgers.get(CLUSTER);
    const find = () => {
      const [only, ...more] = this.watcher.latest(CLUSTER);
      if (only === undefined || more.length > 0 || old.has(processName(only))) return undefined;
      if (on !== undefined && only.node !== on) return undefined;
      ledger?.read();
      return ledger?.entries.find(
        ({ pid, node, at }) => pid === only.pid && node === only.node && at >= this.incidentAt,
      );
    };
    const where = on === undefined ? "" : ` on ${on}`;
    await this.until(`a new scheduler hands out tasks${where}`, () => find() !== undefined, within);
    this.restoredAt = find()?.at ?? 0;
  }

  /** It is over: counted where no scheduler had to be brought back. */
  over(): void {
    this.restoredAt = Date.now();
  }

  /** One settled scheduler, no problem, nothing left to tell. */
  async calm(within = 60, cluster = CLUSTER): Promise<void> {
    const since = Date.now();
    const steady = () =>
      this.events.some(
        ({ kind, at, data }) =>
          kind === "tick" && at >= since && data?.["cluster"] === cluster && STEADY.has(data["code"]),
      );
    await this.until(`${cluster} is steady`, steady, within);
    const told = async (): Promise<boolean> => {
      const status = await this.operator.read("status", cluster);
      return status["newsWaiting"] === 0 && status["problem"] === null && status["phase"] === "steady";
    };
    await this.until(`nothing is left to tell of ${cluster}`, told, within);
  }

  /** From nothing to a settled scheduler: where most incidents begin. */
  async begun(): Promise<void> {
    for (const cluster of this.ledgers.keys()) await this.calm(90, cluster);
  }
}

/** The code that a mail names; of one that ends a problem with the word `resolved` behind it. */
export function codeOf({ subject, text }: Pick<Letter, "subject" | "text">): string {
  const code = /^Code:\s+(\S+)/mu.exec(text)?.[1] ?? "";
  return / resolved: /u.test(subject) ? `${code} resolved` : code;
}

/** A record in a reply. */
export function part(reply: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> {
  return recordOf(reply[name]);
}

/**
 * A small deployment in virtual time: the real actions over the record of the simulated world, whose real ticks act on
 * model nodes. Whoever sleeps through the program's `sleep` lets that world go on; the same commands print the same.
 */
import { operate } from "../../../lambda/actions/operate.ts";
import type { ActionContext } from "../../../lambda/actions/action.ts";
import type { Reply } from "../../../lambda/actions/reply.ts";
import type { Environment } from "../../../lambda/environment.ts";
import type { Mail } from "../../../lib/core/ports.ts";
import { DEFAULTS, type AlertSettings, type ClusterSettings } from "../../../lib/core/settings.ts";
import { Cluster, OBEYS, type World } from "../../simulation/cluster.ts";
import { endByItself } from "../../simulation/converge.ts";
import { Faults } from "../../simulation/faults.ts";
import { InstanceModel } from "../../simulation/instance.ts";
import { stopInstance } from "../../simulation/instances.ts";
import { Judge } from "../../simulation/judge.ts";
import { startLoop } from "../../simulation/loop.ts";
import { newNode } from "../../simulation/node.ts";
import { Random } from "../../simulation/random.ts";
import { Timeline } from "../../simulation/timeline.ts";

export const BEGIN = Date.UTC(2027, 0, 15, 8, 0, 0);
export const NODES = ["i-0a1f2e3d4c5b69788", "i-0b5e7a1f2c3d4e5f6"] as const;
export const CLUSTER = "main";
const OWNER = "arn:aws:dynamodb:eu-west-1:123456789012:table/t";

const alerts: AlertSettings = { ...DEFAULTS.alerts, from: "failover@airline.dev", to: ["ops@airline.dev"] };

const settings: ClusterSettings = {
  nodes: { tag: { key: "scheduler-failover", value: CLUSTER }, prefer: [...NODES], exclude: [] },
  scheduler: { unit: "airflow-scheduler.service" },
  timers: DEFAULTS.timers,
  guard: "on",
  fence: "none",
  startIn: "run",
};

export class SmallWorld {
  readonly timeline = new Timeline(BEGIN);
  readonly cluster: Cluster;
  readonly mails: Mail[] = [];
  private made = 0;

  constructor() {
    const random = new Random(7);
    const world: World = {
      timeline: this.timeline,
      down: { DynamoDB: 0, SSM: 0, EC2: 0, SES: 0, EventBridge: 0 },
      ticksAwayUntil: 0,
      tell: undefined,
      calls: 0,
    };
    const calm = new Faults(random, new Set());
    this.cluster = new Cluster(world, CLUSTER, "guarded", settings, alerts, random, calm);
    for (const id of NODES) this.addNode(id);
    this.cluster.judge = new Judge(this.cluster);
  }

  private addNode(id: string): void {
    this.cluster.nodes.set(id, newNode(id, "guarded", 0));
    this.cluster.instances.set(id, new InstanceModel("running", BEGIN));
    this.cluster.ailments.set(id, {
      cutOffUntil: 0,
      refuses: OBEYS,
      startsFailUntil: 0,
      checkBrokenUntil: 0,
      uncheckedUntil: 0,
      slowBy: 0,
      stopMilliseconds: 2_000,
      supervised: false,
      waiting: [],
      guardLateBy: 0,
    });
  }

  /** Ticks from now on. */
  start(): void {
    startLoop([this.cluster]);
  }

  /** @throws where the world found two schedulers, or another broken promise */
  async go(milliseconds: number): Promise<void> {
    const { judge } = this.cluster;
    await this.timeline.run(this.timeline.now + milliseconds, () => judge.violation === undefined);
    if (judge.violation) throw judge.violation;
  }

  /** A new cluster has its scheduler after a minute, and it has settled after another. */
  async settle(): Promise<void> {
    this.start();
    await this.go(150_000);
  }

  get active(): string {
    return this.cluster.store.record?.phase.active ?? "none";
  }

  cutOffActive(): void {
    this.cutOff(this.active);
  }

  cutOff(id: string): void {
    this.cluster.ailmentsOf(id).cutOffUntil = this.timeline.now + 3_600_000;
  }

  /** Its instance is terminated; another one replaces it some time later. */
  loseActive(): void {
    const node = this.cluster.nodes.get(this.active);
    if (!node) throw new Error("no scheduler runs");
    stopInstance(this.cluster, node, false);
  }

  /** The nodes on which a scheduler runs, whoever may know of it. */
  get running(): readonly string[] {
    return [...this.cluster.nodes.values()].flatMap(({ id, scheduler }) => (scheduler ? [id] : []));
  }

  killScheduler(): void {
    const node = this.cluster.nodes.get(this.active);
    if (!node) throw new Error("no scheduler runs");
    endByItself(this.cluster, node, 0);
  }

  /** The record is gone with its table, whose stamp is on the nodes. */
  loseStack(table: string): void {
    this.cluster.store.record = undefined;
    for (const node of this.cluster.nodes.values()) node.stamp = table;
  }

  /** An operator's action, through the alias. */
  async invoke(event: unknown, alias: string | undefined): Promise<Reply> {
    return overTheWire(await operate(this.context(), overTheWire(event), alias));
  }

  private context(): ActionContext {
    const { store } = this.cluster;
    return {
      environment: ENVIRONMENT,
      version: "0.1.0",
      requestId: `request-${(this.made += 1)}`,
      ports: {
        store: {
          read: () => Promise.resolve(store.record),
          readHistory: (_, limit) =>
            Promise.resolve([...store.history.values()].sort((a, b) => b.at - a.at).slice(0, limit)),
          putWish: (_, wish) => {
            if (!store.record) return Promise.resolve("no-record");
            const written = store.putWish(wish);
            return Promise.resolve({
              outcome: written ? "written" : "standing",
              wish: written ? wish : (store.record.request ?? wish),
            });
          },
          write: () => Promise.reject(new Error("an action writes no record")),
          appendHistory: () => Promise.reject(new Error("an action writes no history")),
          claimLoop: () => Promise.reject(new Error("an action claims no loop")),
        },
        alerts: { send: (mail) => Promise.resolve(void this.mails.push(mail)) },
        journal: { write: () => undefined },
        clock: { now: () => this.timeline.now, sleep: () => Promise.resolve() },
        ids: { nonce: () => `nonce-${(this.made += 1)}` },
      },
    };
  }
}

/** What is undefined is not sent. */
function overTheWire<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

const ENVIRONMENT: Environment = {
  table: "t",
  owner: OWNER,
  documents: { [CLUSTER]: "document" },
  dashboardUrl: "https://example.org/dashboard",
  namespace: "SchedulerFailover",
  functionName: "SchedulerFailover-Controller",
  region: "eu-west-1",
  settings: {
    beatSeconds: 10,
    logLevel: "info",
    logRetentionDays: 7,
    alerts,
    clusters: { [CLUSTER]: settings },
  },
};

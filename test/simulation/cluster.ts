/** One cluster of the simulated world: its nodes, what EC2 says of them, its record, the loop's ticks. */
import type { Instant, NodeId, NodeReport, Plan } from "../../lib/core/model.ts";
import type { AlertSettings, ClusterSettings } from "../../lib/core/settings.ts";
import type { Faults } from "./faults.ts";
import { InstanceModel } from "./instance.ts";
import type { Judge } from "./judge.ts";
import { newNode } from "./node.ts";
import type { Kind, NodeModel } from "./node.ts";
import type { Random } from "./random.ts";
import { StoreModel } from "./store.ts";
import type { Timeline } from "./timeline.ts";

/** What all clusters of a world share. */
export interface World {
  readonly timeline: Timeline;
  /** Until when a service answers nobody; 0: it answers. */
  readonly down: Record<"DynamoDB" | "SSM" | "EC2" | "SES" | "EventBridge", Instant>;
  /** Until when no tick runs at all. */
  ticksAwayUntil: Instant;
  /** The story; undefined where nobody asks for it. */
  tell: ((line: string) => void) | undefined;
  /** Calls made through the ports. */
  calls: number;
}

export interface Command {
  readonly plan: Plan;
  readonly nodes: readonly NodeId[];
  /** The answers that can be read by now. */
  readonly replies: Map<NodeId, NodeReport>;
}

/** What is wrong with a node for a time, beside what the node itself knows. */
export interface Ailments {
  cutOffUntil: Instant;
  /** It answers, and obeys nothing. */
  refuses: { readonly until: Instant; readonly how: "refused" | "busy" };
  startsFailUntil: Instant;
  checkBrokenUntil: Instant;
  /** It has no time left to ask the check, each other time. */
  uncheckedUntil: Instant;
  /** Every start on it takes so much longer. */
  slowBy: number;
  stopMilliseconds: number;
  /** Its supervisor brings an ended scheduler back. */
  supervised: boolean;
  /** Commands that wait for its agent. */
  readonly waiting: (() => void)[];
  guardLateBy: number;
}

export const OBEYS: Ailments["refuses"] = { until: 0, how: "refused" };

export class Cluster {
  readonly name: string;
  readonly world: World;
  readonly settings: ClusterSettings;
  readonly alerts: AlertSettings;
  readonly kind: Kind;
  readonly random: Random;
  readonly faults: Faults;
  readonly nodes = new Map<NodeId, NodeModel>();
  readonly instances = new Map<NodeId, InstanceModel>();
  readonly ailments = new Map<NodeId, Ailments>();
  readonly store = new StoreModel();
  readonly commands = new Map<string, Command>();
  readonly mails: string[] = [];
  /** Events that the bus took, by instant and token. */
  readonly published = new Set<string>();
  judge!: Judge;
  /** An event or a wish has a tick look now. */
  wake: () => void = () => undefined;
  ticksBegun = 0;
  made = 0;
  /** Of the nodes' clocks and the controllers', in milliseconds: any two differ by the bound at the most. */
  readonly clockSpread: number;

  constructor(
    world: World,
    name: string,
    kind: Kind,
    settings: ClusterSettings,
    alerts: AlertSettings,
    random: Random,
    faults: Faults,
  ) {
    this.world = world;
    this.name = name;
    this.kind = kind;
    this.settings = settings;
    this.alerts = alerts;
    this.random = random;
    this.faults = faults;
    this.clockSpread = (settings.timers.skewSeconds * 1000) / 2;
  }

  get now(): Instant {
    return this.world.timeline.now;
  }

  /** A clock of this world: at the bound every fourth time. */
  drawClock(): number {
    if (this.random.chance(0.25)) return this.random.pick([-1, 1]) * this.clockSpread;
    return Math.round(this.random.between(-this.clockSpread, this.clockSpread));
  }

  addNode(): NodeModel {
    this.made += 1;
    const node = newNode(`i-${this.name}${this.made}`, this.kind, this.drawClock());
    this.nodes.set(node.id, node);
    this.instances.set(node.id, new InstanceModel("running", this.now));
    this.ailments.set(node.id, {
      cutOffUntil: 0,
      refuses: OBEYS,
      startsFailUntil: 0,
      checkBrokenUntil: 0,
      uncheckedUntil: 0,
      slowBy: 0,
      stopMilliseconds: this.random.seconds(0.2, 6),
      supervised: this.random.chance(0.3),
      waiting: [],
      guardLateBy: this.guardLateness(),
    });
    return node;
  }

  /** Mostly at once; at the worst as late as the kill grace allows. */
  private guardLateness(): number {
    const grace = this.settings.timers.killGraceSeconds;
    return this.random.chance(0.5) ? this.random.seconds(0.02, 0.5) : this.random.seconds(grace - 1, grace);
  }

  ailmentsOf(id: NodeId): Ailments {
    const found = this.ailments.get(id);
    if (!found) throw new Error(`no node ${id}`);
    return found;
  }

  /** Runs the step unless the node's life has ended by then. */
  onNode(node: NodeModel, milliseconds: number, step: () => void): void {
    const { boot } = node;
    this.world.timeline.after(milliseconds, () => {
      if (node.up && node.boot === boot) step();
    });
  }

  tell(line: string): void {
    this.world.tell?.(`${this.name}: ${line}`);
  }
}

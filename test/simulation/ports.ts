/**
 * The ports of one tick. Every call takes time, and before and after it the tick may be killed or frozen; services may
 * be down, refuse, answer late or leave in doubt what they did. The tick's own clock is off by what its machine is off.
 */
import type { ClusterRecord, DiscoveredNode, HistoryEntry, NodeId } from "../../lib/core/model.ts";
import type { Expected, Mail, Ports, WriteOutcome } from "../../lib/core/ports.ts";
import type { NodeSettings } from "../../lib/core/settings.ts";
import type { Cluster } from "./cluster.ts";
import { fence } from "./instances.ts";
import { collect, send } from "./wire.ts";

/** The tick of a frozen machine takes no step until it thaws, and then goes on as if nothing had been. */
export class TickProcess {
  readonly name: string;
  readonly clockAhead: number;
  alive = true;
  readonly cluster: Cluster;
  private readonly onEnd: () => void;

  /** `clockAhead` in milliseconds: drawn, unless its machine has one already. */
  constructor(cluster: Cluster, name: string, onEnd: () => void, clockAhead: number = cluster.drawClock()) {
    this.cluster = cluster;
    this.name = name;
    this.onEnd = onEnd;
    this.clockAhead = clockAhead;
  }

  end(): void {
    if (!this.alive) return;
    this.alive = false;
    this.onEnd();
  }

  kill(where: string): void {
    if (!this.alive) return;
    this.cluster.tell(`${this.name} is killed ${where}`);
    this.end();
  }

  /** One call of a port: `effect` happens in the middle of it, once or never. */
  call<T>(what: string, service: keyof Cluster["world"]["down"] | "none", effect: () => T): Promise<T> {
    const { cluster } = this;
    const { world, faults, random } = cluster;
    world.calls += 1;
    return new Promise((resolve, reject) => {
      if (faults.happens("tick killed before a call", 0.002)) {
        this.kill(`before ${what}`);
        return;
      }
      world.timeline.after(this.delay(`before ${what}`), () => {
        if (!this.alive) return;
        let settle: () => void;
        if (service !== "none" && world.down[service] > cluster.now) {
          settle = () => reject(new Error(`${service} is down`));
        } else {
          settle = this.outcome(effect, resolve, reject);
        }
        if (faults.happens("tick killed after a call", 0.002)) {
          this.kill(`after ${what}`);
          return;
        }
        world.timeline.after(this.delay(`after ${what}`) + random.seconds(0.002, 0.03), () => {
          if (!this.alive) return;
          world.timeline.answered = true;
          settle();
        });
      });
    });
  }

  private outcome<T>(
    effect: () => T,
    resolve: (value: T) => void,
    reject: (error: Error) => void,
  ): () => void {
    try {
      const value = effect();
      return () => resolve(value);
    } catch (error) {
      return () => reject(error as Error);
    }
  }

  private delay(where: string): number {
    const { faults, random } = this.cluster;
    if (!faults.happens("tick frozen", 0.002)) return random.seconds(0.002, 0.02);
    const frozen = random.chance(0.6) ? random.seconds(1, 20) : random.seconds(20, 400);
    this.cluster.tell(`${this.name} is frozen for ${Math.round(frozen / 1000)} s ${where}`);
    return frozen;
  }
}

export function portsOf(cluster: Cluster, tick: TickProcess): Ports {
  const { faults, random, world, store } = cluster;
  let nonces = 0;
  return {
    store: {
      read: () =>
        tick.call("reading the record", "DynamoDB", () => {
          if (faults.happens("read fails", 0.003)) throw new Error("no clear answer");
          return store.record;
        }),
      write: (next, expected, wish) => write(cluster, tick, next, expected, wish),
      appendHistory: (_, entry: HistoryEntry) =>
        tick.call("appending to the history", "DynamoDB", () => {
          if (faults.happens("append fails", 0.01)) throw new Error("no clear answer");
          store.append(entry);
          if (faults.happens("append ambiguous", 0.01)) throw new Error("no clear answer");
        }),
      readHistory: () => Promise.reject(new Error("a tick reads no history")),
      putWish: () => Promise.reject(new Error("a tick puts no wish")),
      claimLoop: () => Promise.reject(new Error("the loop's, not a tick's")),
    },
    nodes: {
      send: (_, __, plan, nodes) =>
        tick.call("sending", "none", () => {
          if (world.down.SSM > cluster.now || faults.happens("SSM throttles", 0.005)) {
            const unsent = new Map(nodes.map((id): [NodeId, string] => [id, "ThrottlingException"]));
            return { plan, cluster: cluster.name, commands: [], unsent };
          }
          return send(cluster, plan, nodes);
        }),
      collect: (sent) =>
        tick.call("collecting", "SSM", () => {
          if (faults.happens("collect fails", 0.01)) throw new Error("ThrottlingException");
          return collect(cluster, sent);
        }),
    },
    directory: {
      discover: (nodes, known) => tick.call("asking EC2", "EC2", () => discover(cluster, nodes, known)),
      stop: (id) =>
        tick.call("fencing", "EC2", () => {
          if (faults.happens("EC2 refuses", 0.005)) throw new Error("RequestLimitExceeded");
          fence(cluster, id);
        }),
    },
    alerts: {
      send: (mail: Mail) =>
        tick.call("mailing", "SES", () => {
          if (faults.happens("mail refused", 0.05)) throw new Error("MessageRejected");
          cluster.mails.push(mail.text);
          if (faults.happens("mail ambiguous", 0.02)) throw new Error("no clear answer");
        }),
    },
    events: {
      publish: (_, entries) =>
        tick.call("publishing", "EventBridge", () => {
          if (faults.happens("events refused", 0.05)) throw new Error("AccessDeniedException");
          const answers = entries.map(({ entry: { at, token } }) => {
            if (faults.happens("event refused", 0.02)) return "InternalFailure";
            cluster.published.add(`${at}#${token}`);
            return undefined;
          });
          if (faults.happens("events ambiguous", 0.02)) throw new Error("no clear answer");
          return answers;
        }),
    },
    metrics: { put: () => undefined },
    journal: { write: () => undefined },
    clock: {
      now: () => cluster.now + tick.clockAhead,
      sleep: (milliseconds) =>
        new Promise((resolve) => {
          world.timeline.after(milliseconds + random.between(0, 5), () => {
            if (!tick.alive) return;
            world.timeline.answered = true;
            resolve();
          });
        }),
    },
    ids: {
      nonce: () => {
        nonces += 1;
        return `${tick.name}.${nonces}`;
      },
    },
  };
}

/** `unclear` may have been applied, may be applied later, or never. */
function write(
  cluster: Cluster,
  tick: TickProcess,
  next: ClusterRecord,
  expected: Expected,
  wish: string | undefined,
): Promise<WriteOutcome> {
  const { faults, random, store, world } = cluster;
  return tick.call("writing the record", "none", (): WriteOutcome => {
    if (world.down.DynamoDB > cluster.now || faults.happens("write lost", 0.005)) return "unclear";
    if (faults.happens("write applied late", 0.005)) {
      world.timeline.after(random.seconds(0.01, 30), () => {
        if (store.apply(next, expected, wish)) cluster.tell(`a write of ${tick.name} is applied late`);
      });
      return "unclear";
    }
    const applied = store.apply(next, expected, wish);
    if (applied && faults.happens("write ambiguous", 0.005)) return "unclear";
    return applied ? "written" : "lost";
  });
}

/** A running instance is always found; what is said of it may be some seconds old. */
function discover(cluster: Cluster, _: NodeSettings, known: readonly NodeId[]): readonly DiscoveredNode[] {
  const { faults, random, now, instances } = cluster;
  if (faults.happens("EC2 refuses", 0.005)) throw new Error("RequestLimitExceeded");
  const stale = faults.happens("EC2's word is stale", 0.03) ? random.seconds(0.5, 4) : 0;
  return [...instances]
    .filter(([id, instance]) => instance.word !== "terminated" || known.includes(id))
    .map(([id, instance]) => ({ id, instance: instance.at(now - stale), hibernates: false }));
}

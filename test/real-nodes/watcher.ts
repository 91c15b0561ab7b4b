/**
 * The outside watcher: samples from the host which scheduler processes live in each node, whatever the controller and
 * the nodes believe. Main processes and helpers both count: a child left behind is a scheduler left behind.
 */
import type { RealNode } from "./real-node.ts";
import type { ProcessInfo } from "../../lib/sandbox/nodes/processes.ts";

/** Between two samples. What lives for a shorter time may be missed; the ledger is the second witness. */
const PERIOD_MILLISECONDS = 100;
const HELPER = "demo-scheduler-helper";

/** What one sample found in one cluster. */
export interface Sighting {
  /** Main processes, each as "node pid ticks". */
  readonly mains: readonly string[];
  /** Nodes with a main process or a helper; what is in a frozen node does not run. */
  readonly nodes: readonly string[];
}

interface Span extends Sighting {
  readonly from: number;
  to: number;
}

export interface Seconds {
  /** With schedulers on several nodes, or several on one. */
  readonly ofTwo: number;
  /** Without a main process. */
  readonly ofNone: number;
}

export class Watcher {
  readonly #clusters: ReadonlyMap<string, readonly RealNode[]>;
  readonly #spans = new Map<string, Span[]>();
  #timer: NodeJS.Timeout;

  constructor(clusters: ReadonlyMap<string, readonly RealNode[]>) {
    this.#clusters = clusters;
    this.#timer = setInterval(() => this.sample(), PERIOD_MILLISECONDS);
    this.sample();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  sample(): void {
    for (const [cluster, nodes] of this.#clusters) {
      const now = Date.now();
      const spans = this.#spans.get(cluster) ?? [];
      this.#spans.set(cluster, spans);
      const last = spans.at(-1);
      const found = look(nodes);
      if (last !== undefined) last.to = now;
      if (last === undefined || !same(last, found)) spans.push({ ...found, from: now, to: now });
    }
  }

  /** As of the last sample. */
  latest(cluster: string): Sighting {
    return this.#spans.get(cluster)?.at(-1) ?? { mains: [], nodes: [] };
  }

  /** Sums since an instant, Unix milliseconds. */
  since(cluster: string, instant: number): Seconds {
    let [two, none] = [0, 0];
    for (const { mains, nodes, from, to } of this.#spans.get(cluster) ?? []) {
      const length = Math.max(0, to - Math.max(from, instant));
      if (mains.length > 1 || nodes.length > 1) two += length;
      if (mains.length === 0) none += length;
    }
    return { ofTwo: two / 1000, ofNone: none / 1000 };
  }

  /** When a main process was last seen on the node, Unix milliseconds; 0: never. */
  lastSeen(cluster: string, node: RealNode): number {
    const span = this.#spans
      .get(cluster)
      ?.findLast(({ mains }) => mains.some((each) => each.startsWith(node.name)));
    return span?.to ?? 0;
  }

  /** Several times a millisecond-scale second for a while: what a thawed node does lasts for some hundredths. */
  async closely(milliseconds: number): Promise<void> {
    for (const end = Date.now() + milliseconds; Date.now() < end;) {
      this.sample();
      await new Promise((resolve) => {
        setTimeout(resolve, 2);
      });
    }
  }
}

export function mainsOf(node: RealNode): ProcessInfo[] {
  return node.processes().filter((one) => isMain(node, one));
}

function isMain({ schedulerProgram }: RealNode, { argv }: ProcessInfo): boolean {
  return argv[1] === schedulerProgram && argv[2] === "run";
}

function look(nodes: readonly RealNode[]): Sighting {
  const mains: string[] = [];
  const busy: string[] = [];
  for (const node of nodes) {
    const processes = node.cgroup.isFrozen() ? [] : node.processes();
    const own = processes.filter((one) => isMain(node, one));
    mains.push(...own.map(({ pid, startTicks }) => `${node.name} ${pid} ${startTicks}`));
    if (own.length > 0 || processes.some(({ argv }) => argv[0] === HELPER)) busy.push(node.name);
  }
  return { mains, nodes: busy };
}

function same(left: Sighting, right: Sighting): boolean {
  return left.mains.join() === right.mains.join() && left.nodes.join() === right.nodes.join();
}

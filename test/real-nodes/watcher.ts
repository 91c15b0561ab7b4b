/**
 * The outside watcher: samples from the host which scheduler processes live in each node, whatever the controller and
 * the nodes believe. Main processes and helpers both count: a child left behind is a scheduler left behind.
 */
import { readFileSync } from "node:fs";
import type { RealNode } from "./real-node.ts";
import type { ProcessInfo } from "../../lib/sandbox/nodes/processes.ts";

/** Between two samples. What lives for a shorter time may be missed; the ledger is the second witness. */
const PERIOD_MILLISECONDS = 100;

/** What one sample found in one cluster. */
export interface Sighting {
  /** Main processes, each as "node pid ticks". */
  readonly mains: readonly string[];
  /** Nodes with a main process or a helper; what is in a frozen node does not run. */
  readonly nodes: readonly string[];
}

/** From one sample on until another one found something else; Unix milliseconds. */
export interface Span extends Sighting {
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

  /** What was seen since an instant, in its order: a line for each change. */
  spansSince(cluster: string, instant: number): readonly Span[] {
    return (this.#spans.get(cluster) ?? []).filter(({ to }) => to > instant);
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
}

/** A frozen machine's do not run, and are left out. */
export function mainsOf(node: RealNode): readonly ProcessInfo[] {
  return node.cgroup.isFrozen() ? [] : mainsAmong(node.processes(), node);
}

/** A child of a main process has its command line until it becomes the helper. */
function mainsAmong(processes: readonly ProcessInfo[], { daemon }: RealNode): readonly ProcessInfo[] {
  const found = processes.filter((one) => daemon.isMain(one));
  const pids = new Set(found.map(({ pid }) => pid));
  return found.length < 2 ? found : found.filter(({ pid }) => !pids.has(parentOf(pid)));
}

/** 0 where the process is gone. */
function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return 0;
  }
}

function look(nodes: readonly RealNode[]): Sighting {
  const mains: string[] = [];
  const busy: string[] = [];
  for (const node of nodes) {
    const processes = node.cgroup.isFrozen() ? [] : node.processes();
    const own = mainsAmong(processes, node);
    mains.push(...own.map(({ pid, startTicks }) => `${node.name} ${pid} ${startTicks}`));
    if (own.length > 0 || node.daemon.helpers(node, processes).length > 0) busy.push(node.name);
  }
  return { mains, nodes: busy };
}

function same(left: Sighting, right: Sighting): boolean {
  return left.mains.join() === right.mains.join() && left.nodes.join() === right.nodes.join();
}

/**
 * The outside watcher: reads from /proc several times a second which demo schedulers really run, whatever controller,
 * nodes and sandbox believe. It shares no code with them.
 */
import { readdirSync, readFileSync } from "node:fs";

const PERIOD_MILLISECONDS = 150;

/** A main process of a scheduler. */
export interface Sighted {
  /** The node's folder's name: its instance id. */
  readonly node: string;
  readonly pid: number;
  /** With the pid, one process for ever. */
  readonly startTicks: string;
  /** By SIGSTOP: it is there, and does nothing. */
  readonly hangs: boolean;
}

interface Span {
  readonly from: number;
  to: number;
  readonly seen: readonly Sighted[];
}

export class Watcher {
  /** Longest time between two looks, in milliseconds. */
  longestBlink = 0;
  readonly #root: string;
  readonly #clusterOf: (node: string) => string;
  readonly #clusters: readonly string[];
  readonly #spans = new Map<string, Span[]>();
  readonly #timer: NodeJS.Timeout;
  #lastLook = Date.now();

  /** `root`: the folder that holds the nodes' folders. */
  constructor(root: string, clusters: readonly string[], clusterOf: (node: string) => string) {
    this.#root = root;
    this.#clusters = clusters;
    this.#clusterOf = clusterOf;
    this.#timer = setInterval(() => this.look(), PERIOD_MILLISECONDS);
    this.look();
  }

  close(): void {
    this.look();
    clearInterval(this.#timer);
  }

  look(): void {
    const now = Date.now();
    this.longestBlink = Math.max(this.longestBlink, now - this.#lastLook);
    this.#lastLook = now;
    const all = findSchedulers(this.#root);
    for (const cluster of this.#clusters) {
      const seen = all.filter(({ node }) => this.#clusterOf(node) === cluster);
      const spans = this.#spans.get(cluster) ?? [];
      this.#spans.set(cluster, spans);
      const last = spans.at(-1);
      if (last !== undefined) last.to = now;
      if (last === undefined || keyOf(last.seen) !== keyOf(seen)) spans.push({ from: now, to: now, seen });
    }
  }

  /** As of the last look. */
  latest(cluster: string): readonly Sighted[] {
    return this.#spans.get(cluster)?.at(-1)?.seen ?? [];
  }

  /** Seconds with two or more, and with none that works, between two instants. */
  between(cluster: string, from: number, to: number): { readonly two: number; readonly none: number } {
    let [two, none] = [0, 0];
    for (const span of this.#spans.get(cluster) ?? []) {
      const length = Math.max(0, Math.min(span.to, to) - Math.max(span.from, from));
      if (span.seen.length > 1) two += length;
      if (!span.seen.some(({ hangs }) => !hangs)) none += length;
    }
    return { two: two / 1000, none: none / 1000 };
  }

  /** When a scheduler was first seen that is none of the `old` ones; Infinity: never. */
  firstSeen(cluster: string, since: number, old: ReadonlySet<string>): number {
    const spans = this.#spans.get(cluster) ?? [];
    const found = spans.find(
      ({ from, seen }) => from >= since && seen.some((one) => !old.has(processName(one))),
    );
    return found?.from ?? Infinity;
  }

  /** One line for each change, for the story of a failure. */
  story(): readonly { readonly at: number; readonly text: string }[] {
    return [...this.#spans].flatMap(([cluster, spans]) =>
      spans.map(({ from, seen }) => ({
        at: from,
        text: `watcher: ${cluster}: ${seen.length === 0 ? "no scheduler" : seen.map(inWords).join(" and ")}`,
      })),
    );
  }
}

export function processName({ node, pid, startTicks }: Sighted): string {
  return `${node} ${pid} ${startTicks}`;
}

/** Every process that carries this path, or one below it, in its environment or on its command line. */
export function processesOf(path: string): readonly string[] {
  return pids().flatMap((pid) => {
    const argv = words(pid, "cmdline");
    const texts = [...argv, ...words(pid, "environ")];
    return pid !== process.pid && texts.some((text) => text.includes(`${path}/`))
      ? [`${pid} ${argv.join(" ")}`]
      : [];
  });
}

/** Between fork and exec a child has its parent's command line: who has a scheduler as its parent is none itself. */
function findSchedulers(root: string): readonly Sighted[] {
  const found = mainProcesses(root);
  const own = new Set(found.map(({ pid }) => pid));
  return found.filter(({ parent }) => !own.has(parent));
}

function mainProcesses(root: string): readonly (Sighted & { readonly parent: number })[] {
  return pids().flatMap((pid) => {
    const [, program, verb] = words(pid, "cmdline");
    if (verb !== "run" || !program?.endsWith("/demo-scheduler.mjs")) return [];
    const own = words(pid, "environ").find((word) => word.startsWith(ROOT));
    const folder = own?.slice(ROOT.length) ?? "";
    if (!folder.startsWith(`${root}/`)) return [];
    const fields = text(pid, "stat")
      .replace(/^.*\) /su, "")
      .split(" ");
    const [state, parent, startTicks] = [fields[0], Number(fields[1]), fields[19]];
    if (state === undefined || startTicks === undefined) return [];
    return [{ node: folder.slice(root.length + 1), pid, parent, startTicks, hangs: state === "T" }];
  });
}

const ROOT = "SCHEDULER_FAILOVER_ROOT=";

function pids(): readonly number[] {
  return readdirSync("/proc").map(Number).filter(Number.isInteger);
}

function words(pid: number, file: string): readonly string[] {
  return text(pid, file).split("\0");
}

/** Empty where the process has ended meanwhile. */
function text(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

function keyOf(seen: readonly Sighted[]): string {
  return seen.map((one) => `${processName(one)} ${one.hangs}`).join();
}

function inWords({ node, pid, hangs }: Sighted): string {
  return `pid ${pid} on ${node}${hangs ? " (hangs)" : ""}`;
}

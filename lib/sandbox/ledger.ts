/** Reads the ledger into which the demo schedulers write each task that they hand out. */
import { closeSync, existsSync, openSync, readSync } from "node:fs";

export interface LedgerEntry {
  readonly task: number;
  /** Instance id. */
  readonly node: string;
  readonly pid: number;
  /** When that scheduler began to hand out; with node and pid, names it. */
  readonly started: number;
  readonly at: number;
}

export interface LedgerCounts {
  readonly tasks: number;
  /** Tasks that were handed out more than once. */
  readonly doubleHandOuts: number;
  /** Seconds in which more than one scheduler handed out tasks. */
  readonly overlapSeconds: number;
  /** Longest time without a task handed out, in seconds. */
  readonly longestGapSeconds: number;
  readonly lastAt: number;
}

/** Two hand-outs of one scheduler that lie further apart than this are two periods of work: it hung in between. */
const ONE_PERIOD_MILLISECONDS = 2_000;
const CHUNK_BYTES = 65_536;

/** Reads on from where it stopped, so that a long ledger costs nothing. */
export class Ledger {
  readonly entries: LedgerEntry[] = [];
  readonly #file: string;
  #offset = 0;
  #rest = "";

  constructor(file: string) {
    this.#file = file;
  }

  read(): LedgerCounts {
    if (existsSync(this.#file)) this.#readOn();
    return countLedger(this.entries);
  }

  #readOn(): void {
    const descriptor = openSync(this.#file, "r");
    const chunk = Buffer.alloc(CHUNK_BYTES);
    try {
      for (let bytes = -1; bytes !== 0;) {
        bytes = readSync(descriptor, chunk, 0, CHUNK_BYTES, this.#offset);
        this.#offset += bytes;
        this.#rest += chunk.toString("utf8", 0, bytes);
      }
    } finally {
      closeSync(descriptor);
    }
    const lines = this.#rest.split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.entries.push(JSON.parse(line) as LedgerEntry);
  }
}

export function countLedger(entries: readonly LedgerEntry[]): LedgerCounts {
  const times = new Map<number, number>();
  for (const { task } of entries) times.set(task, (times.get(task) ?? 0) + 1);
  const instants = entries.map(({ at }) => at).toSorted((left, right) => left - right);
  const gaps = instants.map((at, index) => at - (instants[index - 1] ?? at));
  return {
    tasks: times.size,
    doubleHandOuts: [...times.values()].filter((count) => count > 1).length,
    overlapSeconds: overlap(periods(entries)) / 1000,
    longestGapSeconds: gaps.reduce((longest, gap) => Math.max(longest, gap), 0) / 1000,
    lastAt: instants.at(-1) ?? 0,
  };
}

interface Period {
  readonly from: number;
  readonly to: number;
}

function periods(entries: readonly LedgerEntry[]): Period[] {
  const schedulers = Map.groupBy(entries, ({ node, pid, started }) => `${node} ${pid} ${started}`);
  const found: Period[] = [];
  for (const own of schedulers.values()) {
    let [from, to]: (number | undefined)[] = [];
    for (const at of own.map((entry) => entry.at).toSorted((left, right) => left - right)) {
      if (from !== undefined && to !== undefined && at - to > ONE_PERIOD_MILLISECONDS) {
        found.push({ from, to });
        from = at;
      }
      from ??= at;
      to = at;
    }
    if (from !== undefined && to !== undefined) found.push({ from, to });
  }
  return found;
}

/** Milliseconds that lie in more than one period. */
function overlap(all: readonly Period[]): number {
  const edges = all
    .flatMap(({ from, to }) => [
      { at: from, step: 1 },
      { at: to, step: -1 },
    ])
    .toSorted((left, right) => left.at - right.at || left.step - right.step);
  let [running, sum, before] = [0, 0, 0];
  for (const { at, step } of edges) {
    if (running > 1) sum += at - before;
    running += step;
    before = at;
  }
  return sum;
}

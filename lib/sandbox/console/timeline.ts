/** Who ran when, and how the nodes were: what the console's timeline draws. Fed by who looks at the processes anyway. */

/** How a node is: `off` has no power, `booting` no agent yet, `cut-off` an agent that reaches nobody. */
export type Condition = "up" | "cut-off" | "booting" | "off";

/** What one look found on one node. */
export interface Look {
  readonly node: string;
  readonly condition: Condition;
  readonly schedulers: readonly { readonly pid: number; readonly hangs: boolean }[];
}

/** A time, in Unix milliseconds, in which something stayed as it was. */
export interface Span {
  readonly from: number;
  to: number;
}

export interface RunSpan extends Span {
  readonly pid: number;
  /** By SIGSTOP: it is there, and does nothing. */
  readonly hangs: boolean;
}

export interface ConditionSpan extends Span {
  readonly condition: Condition;
}

export interface Lane {
  readonly node: string;
  readonly runs: readonly RunSpan[];
  readonly conditions: readonly ConditionSpan[];
}

interface OpenLane {
  readonly runs: RunSpan[];
  readonly conditions: ConditionSpan[];
  /** Those of the last look: the next one goes on with them or leaves them behind. */
  open: readonly RunSpan[];
}

export class Timeline {
  /** What has ended longer ago is forgotten: a little more than the console shows. */
  keptMilliseconds = 31 * 60_000;
  readonly #lanes = new Map<string, OpenLane>();

  add(now: number, looks: readonly Look[]): void {
    for (const { node, condition, schedulers } of looks) {
      const lane = this.#lanes.get(node) ?? { runs: [], conditions: [], open: [] };
      this.#lanes.set(node, lane);
      lane.open = schedulers.map(({ pid, hangs }) => {
        const before = lane.open.find((run) => run.pid === pid);
        if (before !== undefined) before.to = now;
        if (before?.hangs === hangs) return before;
        const begun = { pid, hangs, from: now, to: now };
        lane.runs.push(begun);
        return begun;
      });
      const last = lane.conditions.at(-1);
      if (last !== undefined) last.to = now;
      if (last?.condition !== condition) lane.conditions.push({ condition, from: now, to: now });
      forget(lane.runs, now - this.keptMilliseconds);
      forget(lane.conditions, now - this.keptMilliseconds);
    }
  }

  lanes(): readonly Lane[] {
    return [...this.#lanes].map(([node, { runs, conditions }]) => ({ node, runs, conditions }));
  }
}

function forget(spans: Span[], before: number): void {
  while (spans[0] !== undefined && spans[0].to < before) spans.shift();
}

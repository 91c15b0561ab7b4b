/** Watches which schedulers really run, from outside: several times a second, by the processes themselves. */
import { type Look, Timeline } from "./console/timeline.ts";
import type { EventStream } from "./events.ts";
import type { Fleet } from "./nodes/fleet.ts";
import type { LocalNode } from "./nodes/node.ts";
import { schedulersOf } from "./nodes/schedulers.ts";

const PERIOD_MILLISECONDS = 400;

export class ProcessWatch {
  /** Seconds in which schedulers were seen on more than one node, or several on one; stopped processes count. */
  secondsOfTwo = 0;
  readonly timeline = new Timeline();
  readonly #fleet: Fleet;
  readonly #events: EventStream;
  readonly #timer: NodeJS.Timeout;
  #known = new Map<string, string>();
  #lastLook = Date.now();

  constructor(fleet: Fleet, events: EventStream) {
    this.#fleet = fleet;
    this.#events = events;
    this.#timer = setInterval(() => this.#look(), PERIOD_MILLISECONDS);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = Date.now();
    const found = new Map<string, string>();
    const looks: Look[] = [];
    for (const node of this.#fleet.nodes) {
      const schedulers = schedulersOf(node);
      for (const { pid, startTicks } of schedulers) {
        found.set(`${pid} ${startTicks}`, `${node.name} (${node.id}), pid ${pid}`);
      }
      looks.push({
        node: node.id,
        condition: conditionOf(node),
        schedulers: schedulers.map(({ pid, state }) => ({ pid, hangs: state === "T" })),
      });
    }
    this.timeline.add(now, looks);
    if (found.size > 1) this.secondsOfTwo += (now - this.#lastLook) / 1000;
    this.#lastLook = now;
    for (const [key, where] of found) {
      if (!this.#known.has(key)) this.#events.tell("scheduler", `a scheduler runs on ${where}`);
    }
    for (const [key, where] of this.#known) {
      if (!found.has(key)) this.#events.tell("scheduler", `the scheduler is gone on ${where}`);
    }
    if (found.size > 1 && this.#known.size <= 1) {
      this.#events.tell("problem", `${found.size} schedulers run at once`);
    }
    this.#known = found;
  }
}

function conditionOf(node: LocalNode): Look["condition"] {
  if (node.reachable) return "up";
  if (node.agentRuns) return "cut-off";
  return node.state === "pending" || node.state === "running" ? "booting" : "off";
}

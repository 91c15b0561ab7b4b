/** Watches which schedulers really run, from outside: several times a second, by the processes themselves. */
import type { EventStream } from "./events.ts";
import type { Fleet } from "./nodes/fleet.ts";
import { schedulersOf } from "./nodes/schedulers.ts";

const PERIOD_MILLISECONDS = 400;

export class ProcessWatch {
  /** Seconds in which schedulers were seen on more than one node, or several on one; stopped processes count. */
  secondsOfTwo = 0;
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
    for (const node of this.#fleet.nodes) {
      for (const { pid, startTicks } of schedulersOf(node)) {
        found.set(`${pid} ${startTicks}`, `${node.name} (${node.id}), pid ${pid}`);
      }
    }
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

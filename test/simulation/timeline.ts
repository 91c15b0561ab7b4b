/** Virtual time: events in the order of their instants, and of their making where they share one. */
import type { Instant } from "../../lib/core/model.ts";

interface Event {
  readonly at: Instant;
  readonly order: number;
  readonly run: () => void;
}

export class Timeline {
  now: Instant;
  private readonly heap: Event[] = [];
  private made = 0;
  /** Set where an event has answered a promise: whoever waits for it goes on before the next event. */
  answered = false;

  constructor(begin: Instant) {
    this.now = begin;
  }

  after(milliseconds: number, run: () => void): void {
    this.at(this.now + Math.max(0, Math.round(milliseconds)), run);
  }

  at(at: Instant, run: () => void): void {
    this.made += 1;
    this.push({ at: Math.max(Math.ceil(at), this.now), order: this.made, run });
  }

  /** Runs the events until `end`; `each` is called after every one, and ends the run by returning false. */
  async run(end: Instant, each: () => boolean): Promise<void> {
    for (;;) {
      const event = this.heap[0];
      if (!event || event.at > end) break;
      this.pop();
      this.now = event.at;
      this.answered = false;
      event.run();
      if (this.answered) await settle();
      if (!each()) return;
    }
    this.now = Math.max(this.now, end);
  }

  private push(event: Event): void {
    const { heap } = this;
    heap.push(event);
    let index = heap.length - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isSooner(event, heap[parent] as Event)) break;
      heap[index] = heap[parent] as Event;
      index = parent;
    }
    heap[index] = event;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right && isSooner(right, heap[child] as Event)) child += 1;
      if (!isSooner(heap[child] as Event, last)) break;
      heap[index] = heap[child] as Event;
      index = child;
    }
    heap[index] = last;
  }
}

function isSooner(one: Event, other: Event): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

/** Lets everything run that waits for nothing but answers already given. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Keeps the calls of one invocation's clusters apart, so that fifty of them do not ask AWS in the same instant. */
import { CLUSTER_SPACING_MILLISECONDS, POLL_SPACING_MILLISECONDS } from "../lib/core/pace.ts";
import type { Instant } from "../lib/core/model.ts";
import type { Clock, Ports } from "../lib/core/ports.ts";

/** Turns, one after the other, so far apart; the first comes at once. */
export class Pace {
  readonly #clock: Clock;
  readonly #spacing: number;
  #free: Instant = 0;

  constructor(clock: Clock, spacing: number) {
    this.#clock = clock;
    this.#spacing = spacing;
  }

  async turn(): Promise<void> {
    const now = this.#clock.now();
    const own = Math.max(now, this.#free);
    this.#free = own + this.#spacing;
    if (own > now) await this.#clock.sleep(own - now);
  }
}

/**
 * The same ports for all clusters of an invocation. A tick's first call that counts is the question to EC2: what follows
 * it, its SendCommand among it, keeps the distance. One that is not due has read its record by then and left.
 */
export function paced(ports: Ports): Ports {
  const { directory, nodes, clock } = ports;
  const asking = new Pace(clock, CLUSTER_SPACING_MILLISECONDS);
  const polling = new Pace(clock, POLL_SPACING_MILLISECONDS);
  return {
    ...ports,
    directory: {
      discover: async (settings, known) => {
        await asking.turn();
        return directory.discover(settings, known);
      },
      stop: (node) => directory.stop(node),
    },
    nodes: {
      send: (cluster, owner, plan, to) => nodes.send(cluster, owner, plan, to),
      collect: async (sent) => {
        await polling.turn();
        return nodes.collect(sent);
      },
    },
  };
}

/** The machine's own clock and randomness. */
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Clock, Ids } from "../../lib/core/ports.ts";

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) => wait(milliseconds),
};

export const randomIds: Ids = { nonce: () => randomUUID() };

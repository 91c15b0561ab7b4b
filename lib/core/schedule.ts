/** When the next tick is due: a fixed grid, so that a slow tick does not shift the beat. */
import type { Instant } from "./model.ts";
import { LIMITS } from "./settings.ts";

/** The first instant of the grid after `now`. The grid counts from the execution's start. */
export function nextBeat(startedAt: Instant, beatSeconds: number, now: Instant): Instant {
  const beat = beatSeconds * 1000;
  const passed = Math.max(0, Math.floor((now - startedAt) / beat));
  return startedAt + (passed + 1) * beat;
}

/** The next beat, or sooner while a transition is under way. */
export function nextTick(startedAt: Instant, beatSeconds: number, soon: boolean, now: Instant): Instant {
  const beat = nextBeat(startedAt, beatSeconds, now);
  return soon ? Math.min(beat, now + LIMITS.transitionSeconds * 1000) : beat;
}

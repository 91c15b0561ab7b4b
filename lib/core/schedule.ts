/** When the next tick is due: a fixed grid, so that a slow tick does not shift the beat. */
import type { Instant } from "./model.ts";
import { LIMITS } from "./settings.ts";

/**
 * The first instant of the grid after `now`. The grid counts from the whole second in which the execution began: where it
 * waits for an instant, Step Functions drops the milliseconds (developer guide, Wait), and would come to each beat too soon.
 */
export function nextBeat(startedAt: Instant, beatSeconds: number, now: Instant): Instant {
  const beat = beatSeconds * 1000;
  const origin = Math.floor(startedAt / 1000) * 1000;
  const passed = Math.max(0, Math.floor((now - origin) / beat));
  return origin + (passed + 1) * beat;
}

/** The next beat, or sooner while a transition is under way. */
export function nextTick(startedAt: Instant, beatSeconds: number, soon: boolean, now: Instant): Instant {
  const beat = nextBeat(startedAt, beatSeconds, now);
  return soon ? Math.min(beat, now + LIMITS.transitionSeconds * 1000) : beat;
}

/**
 * How long the loop waits for an invocation that begins at `begins`, in whole seconds as Step Functions counts them: to
 * the beat that follows, never past it. A cluster whose tick takes longer goes on in its own invocation, and the others
 * get their beat. Where less than a second is left, one, which is late by that much. Not longer than the function lives.
 */
export function patienceSeconds(startedAt: Instant, beatSeconds: number, begins: Instant): number {
  const left = Math.floor((nextBeat(startedAt, beatSeconds, begins) - begins) / 1000);
  return Math.min(Math.max(left, 1), LONGEST_PATIENCE_SECONDS);
}

/** An invocation that has not answered by then never will. */
export const LONGEST_PATIENCE_SECONDS = LIMITS.lambdaTimeoutSeconds + 5;

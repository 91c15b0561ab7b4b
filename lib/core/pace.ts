/**
 * How many clusters one invocation can serve: how far their calls to AWS are kept apart, and how much processor they
 * need. Pure arithmetic, used by the function, by its construct and by the cost.
 */

/**
 * Between two clusters' first calls to EC2 and Run Command: 25 a second, so that 50 clusters spread over two seconds of
 * their beat. EC2 gives an account's DescribeInstances 100 calls at once and 20 a second more; Run Command publishes no
 * figure.
 */
export const CLUSTER_SPACING_MILLISECONDS = 40;

/** Between two readings of nodes' answers, of which a tick needs 1.8 (docs/benchmark.md): 50 a second. */
export const POLL_SPACING_MILLISECONDS = 20;

/** A tick alone: it sends, waits for its nodes and saves. */
export const TICK_SECONDS = 2;

/** Processor time of a steady tick, in seconds (docs/benchmark.md). */
const PROCESSOR_SECONDS = 0.016;

/** Lambda gives so much memory with one whole processor, and less in proportion. */
const MEGABYTES_OF_A_PROCESSOR = 1769;

/** The processor is wanted for this share of the time at the most: a tick should wait for nodes, not for it. */
const BUSY_SHARE = 0.75;

/** Below it a cold start takes seconds; the clients of the SDK alone need 100 MB. */
const LEAST_MEGABYTES = 256;
const MEGABYTES_STEP = 64;

/** How long an invocation lasts that ticks so many clusters, in seconds. */
export function invocationSeconds(clusters: number): number {
  return TICK_SECONDS + ((clusters - 1) * CLUSTER_SPACING_MILLISECONDS) / 1000;
}

/** Memory of the function, for the processor that comes with it. */
export function functionMegabytes(clusters: number): number {
  const processor = (clusters * PROCESSOR_SECONDS) / (BUSY_SHARE * invocationSeconds(clusters));
  const steps = Math.ceil((processor * MEGABYTES_OF_A_PROCESSOR) / MEGABYTES_STEP);
  return Math.max(LEAST_MEGABYTES, steps * MEGABYTES_STEP);
}

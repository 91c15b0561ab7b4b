/** What the calls of a run say: when each cluster's node was asked, and how many calls came within one second. */
import type { CallRecord } from "../../lib/sandbox/gateway/call-log.ts";

/** Seconds between two questions to a cluster's node, in their order. `from`: those after that instant only. */
export function gapsOf(calls: readonly CallRecord[], cluster: string, from: number): readonly number[] {
  const asked = calls
    .filter(({ operation, params }) => operation === "SendCommand" && clusterOf(params) === cluster)
    .map(({ at }) => at)
    .filter((at) => at >= from)
    .toSorted((a, b) => a - b);
  return asked.slice(1).map((at, n) => (at - (asked[n] ?? at)) / 1000);
}

function clusterOf(params: CallRecord["params"]): string | undefined {
  return (params["Parameters"] as Readonly<Record<string, readonly string[]>>)["Cluster"]?.[0];
}

export interface Rate {
  readonly operation: string;
  /** Calls a second. */
  readonly average: number;
  /** Calls of the second that had the most. */
  readonly busiest: number;
}

/** Of each operation, the most frequent first. */
export function ratesOf(calls: readonly CallRecord[], from: number, seconds: number): readonly Rate[] {
  const counted = new Map<string, number[]>();
  for (const call of calls) {
    if (call.at < from) continue;
    const name = `${call.service}:${call.operation}`;
    counted.set(name, [...(counted.get(name) ?? []), call.at]);
  }
  return [...counted]
    .map(([operation, instants]) => ({
      operation,
      average: instants.length / seconds,
      busiest: mostWithinASecond(instants.toSorted((a, b) => a - b)),
    }))
    .toSorted((a, b) => b.average - a.average);
}

function mostWithinASecond(instants: readonly number[]): number {
  let first = 0;
  let most = 0;
  for (const [n, at] of instants.entries()) {
    while ((instants[first] ?? at) <= at - 1000) first += 1;
    most = Math.max(most, n - first + 1);
  }
  return most;
}

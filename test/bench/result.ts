/** All that one run has measured or counted. */
import { COUNTS, monthlyCost, total } from "../../lib/cli/cost.ts";
import { DEFAULTS } from "../../lib/core/settings.ts";
import { callsPerDay, type ControllerFigures } from "./controller.ts";
import type { Measured } from "./incidents.ts";

export interface Benchmark {
  readonly measuredOn: string;
  readonly machine: string;
  readonly beatSeconds: number;
  /** Of the demo scheduler alone: what every time is a multiple of. */
  readonly startSeconds: number;
  readonly incidents: readonly (Measured & { readonly starts: number })[];
  readonly controller: ControllerFigures;
  /** At the deployed beat, for one cluster. */
  readonly calls: { readonly perDay: number; readonly cloudTrailPerDay: number };
  readonly cost: readonly Cost[];
}

export interface Cost {
  readonly clusters: number;
  readonly usd: number;
  /** What is left of it in an account whose free tier nothing else uses. */
  readonly afterFreeTier: number;
  readonly lines: readonly { readonly what: string; readonly usd: number }[];
}

/**
 * What AWS gives an account for nothing each month, for good, in the unit of the price: aws.amazon.com's pages of Lambda,
 * CloudWatch and EventBridge, as of the price table.
 */
const FREE: Readonly<Record<string, number>> = {
  "Lambda: ticks": 1_000_000,
  "Lambda: their time": 400_000,
  "CloudWatch: logs": 5,
  "CloudWatch: metrics": 10,
  "CloudWatch: alarms": 10,
  "CloudWatch: dashboards": 3,
  "EventBridge Scheduler": 14_000_000,
};

const CLUSTERS = [1, 10, 50] as const;

export function resultOf(parts: {
  readonly machine: string;
  readonly beatSeconds: number;
  readonly startSeconds: number;
  readonly measured: readonly Measured[];
  readonly controller: ControllerFigures;
}): Benchmark {
  const { machine, beatSeconds, startSeconds, measured, controller } = parts;
  const { all, cloudTrail } = callsPerDay(controller, DEFAULTS.beatSeconds);
  return {
    measuredOn: new Date().toISOString().slice(0, "2026-01-01".length),
    machine,
    beatSeconds,
    startSeconds,
    incidents: measured.map((one) => ({ ...one, starts: one.total / startSeconds })),
    controller,
    calls: { perDay: all, cloudTrailPerDay: cloudTrail },
    cost: CLUSTERS.map((clusters) => {
      const lines = monthlyCost(clusters);
      const left = lines.map((one) => ({
        ...one,
        usd: Math.max(0, one.count - (FREE[one.what] ?? 0)) * one.price.usd,
      }));
      return {
        clusters,
        usd: total(lines),
        afterFreeTier: total(left),
        lines: lines.map(({ what, usd }) => ({ what, usd })),
      };
    }),
  };
}

/** What each further cluster of a stack costs. */
export function furtherCluster(): number {
  const most = COUNTS.clustersPerStack;
  return (total(monthlyCost(most)) - total(monthlyCost(1))) / (most - 1);
}

/** What a month costs, line by line: counts of the deployment times list prices. A test counts the template's parts. */
import { EVENT_METRICS, METRIC_NAMES } from "../core/metrics.ts";
import { functionMegabytes, invocationSeconds, TICK_SECONDS } from "../core/pace.ts";
import { DEFAULTS } from "../core/settings.ts";
import { MOST_CLUSTERS } from "../settings/room.ts";
import { PRICES, type Price } from "./prices.ts";

const MONTH_HOURS = 730;

/** What a deployment consists of and does, beside what the settings say. */
export const COUNTS = {
  clustersPerStack: MOST_CLUSTERS,
  /** An execution is over with the first tick after the next one has begun: a minute and half a beat. */
  executionSeconds: 65,
  /** An Express execution is billed in chunks of 64 MB. */
  executionGb: 0.0625,
  /** Of a cluster alone; an assumption, on the high side. One function ticks all of a stack, one after the other begun. */
  tickSeconds: TICK_SECONDS,
  /** Of a tick and cluster: written ahead, and saved. */
  recordWrites: 2,
  /** A record of two nodes with their reports, in KB. */
  recordKb: 3,
  recordReads: 1,
  /** A tick's line and its metrics, in bytes. */
  logBytes: 2_000,
  /** Those of events come to hours of a month, and a metric is charged by the hours in which it gets a figure. */
  metricsPerCluster: METRIC_NAMES.length - EVENT_METRICS.length,
  alarmsPerCluster: 6,
  alarmsPerStack: 1,
  mails: 30,
} as const;

export interface CostLine {
  readonly what: string;
  readonly count: number;
  readonly price: Price;
  readonly usd: number;
}

export function monthlyCost(
  clusters: number,
  beatSeconds: number = DEFAULTS.beatSeconds,
): readonly CostLine[] {
  const stacks = Math.ceil(clusters / COUNTS.clustersPerStack);
  const minutes = stacks * MONTH_HOURS * 60;
  const ticksOfOne = (MONTH_HOURS * 3_600) / beatSeconds;
  const ticks = stacks * ticksOfOne;
  const together = Math.ceil(clusters / stacks);
  const gbSeconds = ticks * invocationSeconds(together) * (functionMegabytes(together) / 1024);
  const looks = clusters * ticksOfOne;
  const writes = looks * COUNTS.recordWrites * COUNTS.recordKb + ticks;
  return [
    line("Step Functions: the loop's executions", minutes, PRICES.expressRequest),
    line(
      "Step Functions: their time",
      minutes * COUNTS.executionSeconds * COUNTS.executionGb,
      PRICES.expressGbSecond,
    ),
    line("Lambda: ticks", ticks, PRICES.lambdaRequest),
    line("Lambda: their time", gbSeconds, PRICES.lambdaGbSecond),
    line("DynamoDB: writes", writes, PRICES.writeUnit),
    line("DynamoDB: reads", looks * COUNTS.recordReads, PRICES.readUnit),
    line("CloudWatch: logs", (looks * COUNTS.logBytes) / 1e9, PRICES.logsGb),
    line("CloudWatch: metrics", clusters * COUNTS.metricsPerCluster, PRICES.metric),
    line(
      "CloudWatch: alarms",
      clusters * COUNTS.alarmsPerCluster + stacks * COUNTS.alarmsPerStack,
      PRICES.alarm,
    ),
    line("CloudWatch: dashboards", stacks, PRICES.dashboard),
    line("KMS: key of the alarms' topic", stacks, PRICES.key),
    line("EventBridge Scheduler", minutes, PRICES.schedule),
    line("SES: mails", clusters * COUNTS.mails, PRICES.mail),
  ];
}

function line(what: string, count: number, price: Price): CostLine {
  return { what, count, price, usd: count * price.usd };
}

export function total(lines: readonly CostLine[]): number {
  return lines.reduce((sum, { usd }) => sum + usd, 0);
}

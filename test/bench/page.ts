/** The page of the benchmark, written from one run. */
import { PRICES_DATED } from "../../lib/cli/prices.ts";
import { DEFAULTS } from "../../lib/core/settings.ts";
import { CLUSTER, DEPLOYMENTS } from "../scenarios/deployments.ts";
import { PREDECESSOR } from "./predecessor.ts";
import { COUNTS } from "../../lib/cli/cost.ts";
import { type Benchmark, furtherCluster } from "./result.ts";

const { timers } = DEPLOYMENTS.quick.settings.clusters[CLUSTER];

export function page(result: Benchmark): string {
  return `# Benchmark

Written by \`npm run bench -- --write\` from one run on ${result.measuredOn} (${result.machine}). It asserts nothing: a machine
that is busy with other things measures other seconds. What must hold is tested by the scenarios.

## How long there is no scheduler

![Seconds until one scheduler works again](images/benchmark.svg)

${incidentTable(result)}

- Measured in the sandbox, on the deployed artifacts, with a beat of ${result.beatSeconds} s and a grant of ${timers.grantSeconds} s. The demo scheduler alone
  needs ${result.startSeconds.toFixed(1)} s from its process to its first task: the column _starts_ is the total as a multiple of that, since a
  scheduler that takes a minute to start is back a minute later.
- _Seen_: until the controller says that something is wrong. _Total_: until the next scheduler has handed out a task.
- A deployment with the default beat of ${DEFAULTS.beatSeconds} s sees what is killed or hangs up to ${DEFAULTS.beatSeconds - result.beatSeconds} s later, and with its grant of ${DEFAULTS.timers.grantSeconds} s takes a
  cut-off node over ${DEFAULTS.timers.grantSeconds - timers.grantSeconds} s later. Run Command on EC2 takes a second or two each way; here it takes a few milliseconds.
- A cut-off node's grant must be over before another node may start: this wait is the price of never running two, and
  \`fence: ec2-stop\` is what shortens it.
- The predecessor's figures are of its own code, with a poll of 10 s and two nodes.

## What the controller itself needs

| | measured | target |
| --- | --- | --- |
${controllerRows(result)}

Processor time as the kernel counts it for the function's processes, over ${result.controller.ticks} ticks in a row; the empty handler is invoked in
the same runtime. Import: median of a fresh process each.

## What it asks AWS for

| API call | for one tick | more when a minute's execution takes over |
| --- | --- | --- |
${callRows(result)}

At a beat of ${DEFAULTS.beatSeconds} s that is ${round(result.calls.perDay)} calls a day for one cluster, of which CloudTrail records ${round(result.calls.cloudTrailPerDay)} as management events,
the loop's own included; reading and writing items and sending mails are data events, which a trail records only if it is told to.
A trail's first copy of management events costs nothing, a second one 2 dollars for 100,000.

## What a month costs

List prices of us-east-1 in US dollars as of ${PRICES_DATED}, without free tiers and discounts, at a beat of ${DEFAULTS.beatSeconds} s. The prices
and where each is from: [lib/cli/prices.ts](../lib/cli/prices.ts); for your own settings: \`scheduler_failover_controller cost\`.

${costTable(result)}

One cluster: **${usd(result.cost[0]?.usd ?? 0)}** a month; each further one in the same stack: **${usd(furtherCluster())}**. A stack has room for ${COUNTS.clustersPerStack} clusters.
`;
}

function incidentTable({ incidents }: Benchmark): string {
  const rows = incidents.map(({ name, detection, action, total, starts, withoutScheduler, withTwo }) => {
    const seconds = [detection, action, total].map((value) => `${value.toFixed(1)} s`);
    return `| ${name} | ${seconds.join(" | ")} | ${starts.toFixed(1)} | ${withoutScheduler.toFixed(1)} s | ${withTwo === 0 ? "**0 s**" : `${withTwo.toFixed(1)} s`} | ${PREDECESSOR[name].words} |`;
  });
  return `| the scheduler or its node is | seen | then | total | starts | none runs | two run | predecessor |
| --- | --: | --: | --: | --: | --: | --: | --: |
${rows.join("\n")}`;
}

function controllerRows({ controller }: Benchmark): string {
  const { tickMilliseconds, emptyMilliseconds, bundleBytes, importMilliseconds, emptyImportMilliseconds } =
    controller;
  const over = (value: number, empty: number): string =>
    `${(value - empty).toFixed(1)} ms (${value.toFixed(1)} less ${empty.toFixed(1)})`;
  return [
    `| processor time of a steady tick over an empty handler | ${over(tickMilliseconds, emptyMilliseconds)} | 15 ms |`,
    `| bundle | ${(bundleBytes / 1000).toFixed(0)} kB | 600 kB |`,
    `| import over an empty module | ${over(importMilliseconds, emptyImportMilliseconds)} | 150 ms |`,
  ].join("\n");
}

function callRows({ controller }: Benchmark): string {
  const { calls, turnCalls } = controller;
  return Object.keys({ ...calls, ...turnCalls })
    .toSorted()
    .map(
      (call) => `| \`${call}\` | ${(calls[call] ?? 0).toFixed(1)} | ${(turnCalls[call] ?? 0).toFixed(1)} |`,
    )
    .join("\n");
}

function costTable({ cost }: Benchmark): string {
  const [first] = cost;
  const head = cost.map(({ clusters }) => `${clusters} cluster${clusters === 1 ? "" : "s"}`);
  const rows = (first?.lines ?? []).map(
    ({ what }, index) =>
      `| ${what} | ${cost.map(({ lines }) => (lines[index]?.usd ?? 0).toFixed(2)).join(" | ")} |`,
  );
  return `| | ${head.join(" | ")} |
| --- |${" --: |".repeat(cost.length)}
${rows.join("\n")}
| **total** | ${cost.map((one) => `**${one.usd.toFixed(2)}**`).join(" | ")} |
| left by the free tier, if nothing else uses it | ${cost.map((one) => one.afterFreeTier.toFixed(2)).join(" | ")} |`;
}

function usd(value: number): string {
  return `${value.toFixed(2)} USD`;
}

function round(value: number): string {
  return value.toLocaleString("en-US");
}

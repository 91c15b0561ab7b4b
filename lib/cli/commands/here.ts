/** The commands that need no deployment: settings to begin with, the settings line of this host, the costs. */
import { COUNTS, monthlyCost, total } from "../cost.ts";
import { init, type InitOptions } from "../init.ts";
import { PRICES_DATED } from "../prices.ts";
import { table, wrap } from "../render.ts";
import { define, runsHere, withJson, type Tool } from "../tool.ts";

export function addHere(tool: Tool): void {
  addInit(tool);
  addGetCurrentHost(tool);
  addCost(tool);
}

function addInit(tool: Tool): void {
  const command = define(tool, {
    name: "init",
    group: "here",
    summary: "Write settings to begin with, from the predecessor's airflow.cfg where there is one",
    description:
      "A settings file that is there is never written over. With --airflow-cfg every key of the predecessor is told: what became of it, or why it has no counterpart. AIRFLOW__SECTION__KEY variables override the file, as they did. No password is read or shown.",
    exits: ["written, or there already", "the airflow.cfg has no [scheduler_failover]"],
  });
  command
    .option("--airflow-cfg <file>", "the predecessor's configuration")
    .option("--output <file>", "where to write", "settings.yaml");
  runsHere<InitOptions>(tool, command, (options) => init(tool.io, options));
}

function addGetCurrentHost(tool: Tool): void {
  const { io } = tool;
  const command = define(tool, {
    name: "get_current_host",
    group: "here",
    summary: "Print this host's name for the settings: its instance id",
    description:
      "By the instance metadata service, version 2. Outside EC2 it prints the host's name, by which the controller can find no node.",
    exits: ["this is an EC2 instance", "it is none, or its metadata service does not answer"],
  });
  withJson(command, "print id, host name and settings line as JSON");
  runsHere<{ readonly json?: boolean }>(tool, command, async ({ json }) => {
    const id = await io.instanceId();
    const line = id === undefined ? null : `instanceIds: [${id}]`;
    if (json === true) {
      io.out(JSON.stringify({ instanceId: id ?? null, hostName: io.hostName, settings: line }, undefined, 2));
      return id === undefined ? 1 : 0;
    }
    io.out(`current host: ${id ?? io.hostName}`);
    if (id === undefined) {
      io.err(
        wrap(
          "This is no EC2 instance, or its metadata service does not answer: nodes are named by instance id.",
        ),
      );
      return 1;
    }
    io.out(`for the settings, below clusters.NAME.nodes, a list of all nodes:\n  ${line}`);
    return 0;
  });
}

const SIZES = [1, 10, 50] as const;

function addCost(tool: Tool): void {
  const { io } = tool;
  const command = define(tool, {
    name: "cost",
    group: "here",
    summary: "What a month costs at AWS, line by line",
    description: `List prices of us-east-1 as of ${PRICES_DATED}, without free tiers. The nodes themselves are not counted: they are there anyway.`,
    exits: ["printed", "never"],
  });
  withJson(command, "print counts, prices and their sources as JSON").option(
    "--beat <seconds>",
    "another beatSeconds than 10",
    "10",
  );
  runsHere<{ readonly json?: boolean; readonly beat: string }>(tool, command, ({ json, beat }) => {
    const beatSeconds = Number(beat);
    if (!Number.isInteger(beatSeconds) || beatSeconds < 5 || beatSeconds > 60) {
      io.err(`--beat ${beat}: must be a whole number of seconds from 5 to 60.`);
      return Promise.resolve(2);
    }
    const all = SIZES.map((clusters) => ({ clusters, lines: monthlyCost(clusters, beatSeconds) }));
    io.out(json === true ? JSON.stringify(all, undefined, 2) : renderCost(all));
    return Promise.resolve(0);
  });
}

type Costs = readonly { readonly clusters: number; readonly lines: ReturnType<typeof monthlyCost> }[];

function renderCost(all: Costs): string {
  const names = all[0]?.lines.map(({ what }) => what) ?? [];
  const heads = all.map(({ clusters }) => `${clusters} ${clusters === 1 ? "cluster" : "clusters"}`);
  const rows = names.map((name, n) => [name, ...all.map(({ lines }) => dollars(lines[n]?.usd ?? 0))]);
  const totals = all.map(({ lines }) => dollars(total(lines)));
  const padded = [["US dollars a month", ...heads], ...rows, ["together", ...totals]].map(
    ([name = "", ...cells]) => [name, ...cells.map((cell, n) => cell.padStart(heads[n]?.length ?? 0))],
  );
  return [
    table(padded),
    "",
    wrap(
      `Counted: a stack for each ${COUNTS.clustersPerStack} clusters; an execution of ${COUNTS.executionSeconds} s each minute; ticks of ${COUNTS.tickSeconds} s; a record of ${COUNTS.recordKb} KB, written ${COUNTS.recordWrites} times a tick; ${COUNTS.mails} mails a cluster.`,
    ),
    wrap(`List prices of us-east-1 as of ${PRICES_DATED}; --json names each price and its source.`),
  ].join("\n");
}

function dollars(usd: number): string {
  return usd.toFixed(2);
}

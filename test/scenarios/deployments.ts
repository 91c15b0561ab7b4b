/**
 * What the scenarios deploy. The timers are the shortest that the settings allow, so that a scenario takes seconds: more
 * than 2 leases of 25 s, 2 beats, a delivery of 30 s and the skew make the grant; the others bound what the demo
 * scheduler does, which runs 1.5 s after its start and counts as hung after 4 s. One assembly is synthesized for each
 * deployment and serves all its scenarios: its start command finds the ledger beside the folder of the nodes.
 */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { SANDBOXES } from "../../lib/sandbox/folder.ts";
import { DEMO_SCHEDULER } from "../../lib/sandbox/nodes/demo-scheduler.ts";
import { STACK_NAME } from "../../lib/sandbox/sandbox.ts";
import { type SettingsOverride, writeSettings } from "../../lib/sandbox/sandbox-settings.ts";
import { synthesizeApp } from "../../lib/sandbox/synthesize.ts";

export const BEAT_SECONDS = 5;
/** The cluster that the incidents befall. */
export const CLUSTER = "demo";
/** The other one of the deployment with two. */
export const SLOW_CLUSTER = "slow";

export interface Deployment {
  readonly nodes: number;
  /** By cluster: its ledger's name in the sandbox's folder. */
  readonly ledgers: Readonly<Record<string, string>>;
  readonly settings: SettingsOverride;
}

const COMMON = {
  beatSeconds: BEAT_SECONDS,
  alerts: { retriesBeforeAlert: 2 },
} as const;

const quick = (ledger: string) => ({
  scheduler: { start: startCommand(ledger) },
  health: { failures: 2 },
  timers: {
    grantSeconds: 100,
    killGraceSeconds: 2,
    skewSeconds: 2,
    settleSeconds: 8,
    cooldownSeconds: 8,
    restartLimit: 1,
    failoversPerHour: 10,
  },
});

const LEDGER = "ledger.jsonl";
const SLOW_LEDGER = "ledger-slow.jsonl";

/** Of the health server beside the scheduler of `served`: whichever node it runs on, the machine is the same. */
export const HEALTH_PORT = 47_990;
/** The same of `named`, whose scenario may be played at the same time. */
const NAMED_HEALTH_PORT = HEALTH_PORT + 1;

/** With a health server as Airflow's: a process of its own, which says yes to whoever asks as long as it is there. */
const served = (port: number) => ({
  ...quick(LEDGER),
  scheduler: {
    start: `${process.execPath} -e 'require("http").createServer((_, answer) => answer.end("fine")).listen(${port}, "127.0.0.1")' & ${startCommand(LEDGER)}`,
  },
  health: { command: null, url: `http://127.0.0.1:${port}/health`, failures: 2 },
});

export const DEPLOYMENTS = {
  quick: {
    nodes: 2,
    ledgers: { [CLUSTER]: LEDGER },
    settings: { ...COMMON, clusters: { [CLUSTER]: quick(LEDGER) } },
  },
  served: {
    nodes: 2,
    ledgers: { [CLUSTER]: LEDGER },
    settings: { ...COMMON, clusters: { [CLUSTER]: served(HEALTH_PORT) } },
  },
  named: {
    nodes: 2,
    ledgers: { [CLUSTER]: LEDGER },
    settings: { ...COMMON, clusters: { [CLUSTER]: served(NAMED_HEALTH_PORT) } },
  },
  "two-clusters": {
    nodes: 4,
    ledgers: { [CLUSTER]: LEDGER, [SLOW_CLUSTER]: SLOW_LEDGER },
    settings: {
      ...COMMON,
      clusters: {
        [CLUSTER]: quick(LEDGER),
        [SLOW_CLUSTER]: {
          ...quick(SLOW_LEDGER),
          nodes: { tag: { key: "scheduler-failover", value: SLOW_CLUSTER } },
          scheduler: { start: startCommand(SLOW_LEDGER), pattern: String.raw`demo-scheduler\.mjs run` },
          // The text of the sandbox's own settings, put in as there.
          health: { command: "${health}", timeoutSeconds: 2, failures: 2 },
        },
      },
    },
  },
} as const satisfies Readonly<Record<string, Deployment>>;

export type DeploymentName = keyof typeof DEPLOYMENTS;

/** Below the node's root, which is two folders below the sandbox's: the same text for every sandbox. */
function startCommand(ledger: string): string {
  return `exec ${process.execPath} ${DEMO_SCHEDULER} run --ledger "$SCHEDULER_FAILOVER_ROOT/../../${ledger}"`;
}

/** Synthesized assemblies, one for each deployment that is asked for; gone with `remove`. */
export class Assemblies {
  readonly #folder = join(SANDBOXES, "scenarios", String(process.pid));

  async make(names: ReadonlySet<DeploymentName>): Promise<ReadonlyMap<DeploymentName, string>> {
    const made = new Map<DeploymentName, string>();
    for (const name of names) {
      const folder = join(this.#folder, name);
      mkdirSync(folder, { recursive: true });
      const settings = join(folder, "settings.yaml");
      writeSettings(settings, LEDGER, DEPLOYMENTS[name].settings);
      made.set(name, await synthesizeApp(join(folder, "cdk.out"), settings, STACK_NAME));
    }
    return made;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

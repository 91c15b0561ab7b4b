/**
 * celery beat: each beat sends every periodic task by itself, so that two of them send each twice. Its messages, taken at
 * the broker, are the honest ledger of what a second daemon costs.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PROFILES } from "../../lib/settings/profiles.ts";
import { countLedger, Ledger } from "../../lib/sandbox/ledger.ts";
import type { Daemon, Testimony } from "../real-nodes/daemon.ts";
import { layerOf, type Layers } from "./layers.ts";
import { SERVICES, type Services } from "./services.ts";

const UNIT = "celerybeat.service";
const PROGRAM = "/opt/celery-beat/bin/celery";
const ENVIRONMENT = "/etc/celery-beat.env";
const PATTERN = PROFILES["celery-beat"].values["scheduler.pattern"]?.value;
const HOME = "/srv/daemon";
const FILES = new URL("node/", import.meta.url);
/** Beat touches it at its start and with each send: one is due every second, and a start on a busy machine takes some. */
const HEALTH = `find /run/celerybeat/alive -newermt '-15 seconds' | grep -q .`;

export function celeryBeat(cluster: string, services: Services, layers: Layers): Daemon {
  const file = join(services.folder, `${cluster}.jsonl`);
  writeFileSync(file, "");
  const ledger = new Ledger(file);
  const broker = `redis+socket://${SERVICES}/redis.sock?virtual_host=${services.brokerDatabase(cluster)}`;
  return {
    unit: UNIT,
    layers: [layerOf(layers, "celery-beat"), layerOf(layers, "tools")],
    binds: [{ here: services.folder, there: SERVICES }],
    install: (node) => {
      node.install(new URL("periodic.py", FILES), `${HOME}/periodic.py`, 0o644);
      node.install(new URL(UNIT, FILES), `/etc/systemd/system/${UNIT}`, 0o644);
      node.write(ENVIRONMENT, `BROKER=${broker}\nPYTHONDONTWRITEBYTECODE=1\n`);
    },
    isMain: ({ argv }) => argv[1] === PROGRAM && argv.includes("beat"),
    // It has none.
    helpers: () => [],
    // Beside the unit, so that one that is started past it is found.
    settings: {
      scheduler: { profile: "celery-beat", pattern: PATTERN },
      health: { command: HEALTH, failures: 2 },
    },
    doubleHandOuts: () => ledger.read().doubleHandOuts,
    lastSign: () => {
      ledger.read();
      return ledger.entries.at(-1)?.at ?? 0;
    },
    witness: (since) => {
      ledger.read();
      return Promise.resolve(testify(ledger, since));
    },
  };
}

/** What a person gives to `systemd-run` for a beat beside the unit's. */
export const BESIDE_UNIT: readonly string[] = [
  "--uid=scheduler",
  `--property=WorkingDirectory=${HOME}`,
  `--property=EnvironmentFile=${ENVIRONMENT}`,
  "--property=RuntimeDirectory=by-hand",
  ...`${PROGRAM} -A periodic beat --schedule /run/by-hand/schedule --pidfile=`.split(" "),
];

function testify({ entries }: Ledger, since: number): Testimony {
  const { tasks, doubleHandOuts, longestGapSeconds } = countLedger(entries.filter(({ at }) => at >= since));
  return {
    figures: {
      "instants sent for": tasks,
      "of them twice": doubleHandOuts,
      "longest gap between sends s": longestGapSeconds,
    },
  };
}

/** dagster-daemon: one for each deployment, by Dagster's own documentation. Its storage is a folder that all nodes share. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Daemon } from "../real-nodes/daemon.ts";
import { countEvaluations } from "./evaluations.ts";
import { layerOf, type Layers } from "./layers.ts";
import { leadsSession, ofUnit } from "./processes.ts";
import { SERVICES, type Services } from "./services.ts";
import { readTraces } from "./traces.ts";

const UNIT = "dagster-daemon.service";
const TRACES = "/srv/traces.jsonl";
const FILES = new URL("node/", import.meta.url);

export function dagsterDaemon(cluster: string, services: Services, layers: Layers): Daemon {
  const home = `${cluster}-home`;
  mkdirSync(join(services.folder, home));
  chmodSync(join(services.folder, home), 0o777);
  const traces = join(services.folder, `${cluster}.traces.jsonl`);
  writeFileSync(traces, "");
  chmodSync(traces, 0o666);
  return {
    unit: UNIT,
    layers: [layerOf(layers, "dagster-daemon"), layerOf(layers, "tools")],
    binds: [
      { here: services.folder, there: SERVICES },
      { here: traces, there: TRACES },
    ],
    install: (node) => {
      node.install(new URL("counted.py", FILES), "/srv/daemon/counted.py", 0o644);
      node.install(new URL(UNIT, FILES), `/etc/systemd/system/${UNIT}`, 0o644);
      node.write("/etc/dagster.env", `DAGSTER_HOME=${SERVICES}/${home}\nPYTHONDONTWRITEBYTECODE=1\n`);
      node.write(TRACES, "");
    },
    isMain: ({ argv, pid }) => argv[1]?.endsWith("/dagster-daemon") === true && leadsSession(pid),
    helpers: ofUnit,
    settings: { scheduler: { profile: "dagster-daemon" } },
    doubleHandOuts: () => countEvaluations(readTraces(traces)).twice,
    lastSign: () => readTraces(traces).at(-1)?.at ?? 0,
    witness: (since) => {
      const { made, twice, again } = countEvaluations(readTraces(traces).filter(({ at }) => at >= since));
      const figures = {
        "sensor evaluations": made,
        "by two at a time": twice,
        "made again after a stop": again,
      };
      return Promise.resolve({ figures });
    },
  };
}

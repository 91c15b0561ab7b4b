/**
 * Real daemons on real nodes: celery beat, Airflow and dagster-daemon, as released, on pairs of Debian machines with systemd,
 * driven by the whole deployed system through the real document. Judged from outside: by their processes and by their own
 * traces.
 *
 *   tsx test/daemons/run.ts                  the short form: grants of 20 s
 *   tsx test/daemons/run.ts --long           times as users can deploy them: grants of 92 s
 *   tsx test/daemons/run.ts --daemon NAME    of this daemon alone, or of several: --daemon NAME --daemon NAME
 *   tsx test/daemons/run.ts --only WORDS     cases whose sentence or lane contains these words
 *   tsx test/daemons/run.ts --list | --json | --events
 */
import { parseArgs } from "node:util";
import type { Lane } from "../real-nodes/lanes.ts";
import { Stage } from "../real-nodes/stage.ts";
import { choose, inForm, runSuite } from "../real-nodes/suite.ts";
import { type DaemonLane, LANES } from "./lanes.ts";
import { DAEMON_NAMES, layerOf } from "./layers.ts";
import { type Made, make, makeDaemon } from "./make.ts";

const { values } = parseArgs({
  options: {
    long: { type: "boolean", default: false },
    only: { type: "string" },
    daemon: { type: "string", multiple: true, default: [...DAEMON_NAMES] },
    json: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    events: { type: "boolean", default: false },
  },
});
const chosen = LANES.filter(({ daemon }) => values.daemon.includes(daemon))
  .map((lane) => (lane.name === values.only ? lane : choose(lane, values.only)))
  .filter(({ cases }) => cases.length > 0);
const count = chosen.reduce((sum, { cases }) => sum + cases.length, 0);

if (values.list) {
  for (const { name, cases } of chosen) for (const { sentence } of cases) console.log(`${name}: ${sentence}`);
} else if (count === 0) {
  console.error(`no case of ${values.daemon.join(" or ")} says "${values.only ?? ""}"`);
  process.exitCode = 2;
} else {
  process.exitCode = await run();
}

async function run(): Promise<number> {
  const made = await make(chosen, count);
  if (typeof made === "number") return made;
  const lanes: Lane[] = [];
  for (const lane of chosen) lanes.push(await toLane(lane, made));
  return await runSuite({
    lanes,
    json: values.json,
    events: values.events,
    open: () =>
      Stage.open({
        image: layerOf(made.layers, "image"),
        clusters: lanes.map(({ cluster }) => cluster),
        run: made.folder,
      }),
  });
}

async function toLane(lane: DaemonLane, made: Made): Promise<Lane> {
  const { name, timers, shortened, cases } = lane;
  const by = await makeDaemon(lane, made);
  const cluster = { name, enabled: false, by, timers, ...(shortened && { shortened }) };
  return { cluster: inForm(cluster, values.long), cases };
}

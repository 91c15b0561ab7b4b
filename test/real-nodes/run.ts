/**
 * Real nodes: pairs of Debian machines with systemd, driven by the whole deployed system through the real document, with
 * an outside watcher that counts the seconds with two schedulers.
 *
 *   tsx test/real-nodes/run.ts                  all cases in the short form: grants of 20 s
 *   tsx test/real-nodes/run.ts --long           times as users can deploy them: grants of 92 s
 *   tsx test/real-nodes/run.ts --only WORDS     cases whose sentence contains these words, with what they need
 *   tsx test/real-nodes/run.ts --list | --json
 */
import { parseArgs } from "node:util";
import { FINALE, LANES } from "./lanes.ts";
import { Stage } from "./stage.ts";
import { choose, inForm, prepare, runSuite } from "./suite.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    long: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    events: { type: "boolean", default: false },
  },
});
const finale = FINALE.map((lane) => choose(lane, values.only)).filter(({ cases }) => cases.length > 0);
const lanes = LANES.map((lane) => choose(lane, values.only)).filter(
  ({ cases, cluster }) => cases.length > 0 || finale.some((each) => each.cluster === cluster),
);
const all = [...lanes, ...finale].flatMap(({ cluster, cases }) =>
  cases.map((one) => ({ cluster: cluster.name, one })),
);

if (values.list) {
  for (const { cluster, one } of all) console.log(`${cluster}: ${one.sentence}`);
} else if (all.length === 0) {
  console.error(`no case says "${values.only}"`);
  process.exitCode = 2;
} else {
  process.exitCode = await run();
}

async function run(): Promise<number> {
  const prepared = prepare(new URL("setup.sh", import.meta.url), [], { cases: all.length });
  if (typeof prepared === "number") return prepared;
  const image = prepared.at(-1) ?? "";
  return await runSuite({
    lanes,
    finale,
    json: values.json,
    events: values.events,
    open: () => Stage.open({ image, clusters: lanes.map(({ cluster }) => inForm(cluster, values.long)) }),
  });
}

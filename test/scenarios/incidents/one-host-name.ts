import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CLUSTER } from "../deployments.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

export const oneHostName: Scenario = {
  name: "one-host-name",
  imitates:
    "A node comes up under the host name of the one that runs the scheduler, as a copy of its image does: Airflow's health server reads the newest heartbeat of that name, whichever node it came from.",
  expects:
    "A yes of the check counts for nothing, and a mail says why: nothing is started or stopped for a name. When each node has its own again, that is told too.",
  deployment: "named",
  history: ["COLD_START", "STARTS", "STARTED", "VERIFIED", "NAMESAKE"],
  mails: { NAMESAKE: [1, 1], "NAMESAKE resolved": [1, 1] },
  async play(stage) {
    await stage.begun();
    const [node, standby] = [stage.active(), stage.standby()];
    const before = stage.runs();
    callIt(stage, node, "etl");
    stage.begins();
    callIt(stage, standby, "etl");
    await stage.detected(["NAMESAKE"], 40);
    await stage.until("a mail says so", () => stage.letters("NAMESAKE") > 0, 40);
    const { warnings } = await stage.operator.read("status", CLUSTER);
    if (!String(warnings).includes("have the same host name, etl")) {
      throw new Error(`status does not warn of it: ${JSON.stringify(warnings)}`);
    }
    callIt(stage, standby, "etl-2");
    await stage.calm();
    if (String(stage.runs()) !== String(before)) {
      throw new Error(`it ran as ${String(before)}, and runs as ${String(stage.runs())}`);
    }
    stage.over();
  },
};

function callIt(stage: Stage, node: string, name: string): void {
  const folder = join(stage.sandbox.folder.file("nodes", node), "etc");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "hostname"), `${name}\n`);
}

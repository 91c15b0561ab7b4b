import { processesOf } from "../watcher.ts";
import type { Scenario } from "../scenario.ts";
import { startFails } from "./start-fails.ts";

export const orphanChildren: Scenario = {
  name: "orphan-children",
  imitates:
    "The main process dies and its helper, in a session of its own, lives on; then the scheduler moves away from that node.",
  expects: "The node does not count as stopped before the orphan is ended too; then another node starts.",
  // To the controller it is a start that fails; what is looked at beside that is what is left behind.
  history: startFails.history,
  mails: startFails.mails,
  async play(stage) {
    await stage.begun();
    const [node, standby] = [stage.active(), stage.standby()];
    const root = stage.sandbox.folder.file("nodes", node);
    const orphans = () => processesOf(root).filter((line) => line.includes("sleep 2000000"));
    await stage.fault("start-fails", { node });
    await stage.incident("kill", { node });
    if (orphans().length === 0) throw new Error("the killed scheduler left no helper: nothing is tried here");
    await stage.detected(["RESTARTED", "RETRIES_IN_PLACE"], 40);
    await stage.restored(40, standby);
    if (orphans().length > 0) throw new Error(`another node started beside ${orphans().join("; ")}`);
    await stage.calm();
  },
};

import type { Scenario } from "../scenario.ts";

export const schedulerKilled: Scenario = {
  name: "scheduler-killed",
  imitates: "The kernel's out-of-memory killer, or a crash, ends the scheduler: SIGKILL to its main process.",
  expects:
    "It is started again on the same node, once; one mail says that it is back and how long there was none.",
  history: ["COLD_START", "STARTS", "STARTED", "VERIFIED", "RESTARTED", "RECOVERED", "VERIFIED"],
  mails: { RECOVERED: [1, 1] },
  async play(stage) {
    await stage.begun();
    const node = stage.active();
    await stage.incident("kill");
    await stage.detected(["RESTARTED"], 40);
    await stage.restored(40, node);
    await stage.calm();
  },
};

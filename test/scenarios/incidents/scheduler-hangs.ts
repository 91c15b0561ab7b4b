import type { Scenario } from "../scenario.ts";

export const schedulerHangs: Scenario = {
  name: "scheduler-hangs",
  imitates:
    "A scheduler that is there and does nothing: a lock, a dead connection to its database, a full disk. SIGSTOP.",
  expects:
    "The health check finds it after two failures; the hung one is killed before the next one is started.",
  history: ["COLD_START", "STARTS", "STARTED", "VERIFIED", "RESTARTS_UNHEALTHY", "RECOVERED", "VERIFIED"],
  mails: { RECOVERED: [1, 1] },
  async play(stage) {
    await stage.begun();
    const node = stage.active();
    await stage.incident("hang");
    await stage.detected(["RESTARTS_UNHEALTHY"], 40);
    await stage.restored(40, node);
    await stage.calm();
  },
};

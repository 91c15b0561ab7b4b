import type { Scenario } from "../scenario.ts";

export const startFails: Scenario = {
  name: "start-fails",
  imitates:
    "The scheduler dies and cannot come up again on its node: an upgrade that broke it there, a full disk, a missing file.",
  expects:
    "One more start in place fails, then it moves; mails say that the restart failed and that it has moved.",
  history: [
    "COLD_START",
    "STARTS",
    "STARTED",
    "VERIFIED",
    // Which of the two: whether the failed start had ended when the node answered.
    "RESTARTED?",
    "RETRIES_IN_PLACE?",
    "MOVES_FAILED",
    "STARTS",
    "RETRIES_IN_PLACE?",
    "FAILED_OVER",
    "VERIFIED",
  ],
  mails: { MOVES_FAILED: [1, 1], FAILED_OVER: [1, 1] },
  async play(stage) {
    await stage.begun();
    const standby = stage.standby();
    await stage.fault("start-fails", { node: stage.active() });
    await stage.incident("kill");
    await stage.detected(["RESTARTED", "RETRIES_IN_PLACE"], 40);
    await stage.restored(40, standby);
    await stage.calm();
  },
};

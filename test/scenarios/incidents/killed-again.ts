import type { Scenario } from "../scenario.ts";

export const killedAgain: Scenario = {
  name: "killed-again",
  imitates:
    "The scheduler is killed again as soon as it runs again: too little memory. Its helper, in a session of its own, lives on.",
  expects: "What is left of it is ended, though no start in place is left; then another node starts.",
  history: [
    "COLD_START",
    "STARTS",
    "STARTED",
    "VERIFIED",
    "RESTARTED",
    "RECOVERED",
    "MOVES_ENDING",
    "STARTS",
    "FAILED_OVER",
    "VERIFIED",
  ],
  mails: { RECOVERED: [1, 1], MOVES_ENDING: [1, 1], FAILED_OVER: [1, 1] },
  async play(stage) {
    await stage.begun();
    const [node, standby, since] = [stage.active(), stage.standby(), Date.now()];
    await stage.fault("kill", { node });
    await stage.until("it runs again", () => stage.ticks(["RECOVERED"], since).length > 0, 40);
    await stage.incident("kill", { node });
    await stage.detected(["MOVES_ENDING"], 20);
    await stage.restored(40, standby);
    await stage.calm();
  },
};

import type { Scenario } from "../scenario.ts";

export const ssmHangs: Scenario = {
  name: "ssm-hangs",
  imitates: "Systems Manager takes calls and does not answer: every client waits until its own time is over.",
  expects:
    "The function gives up within its time and never runs into its timeout; nothing is done on what is not known.",
  history: [
    "COLD_START",
    "STARTS",
    "STARTED",
    "VERIFIED",
    "ACTIVE_UNKNOWN?",
    "RESTARTED",
    "RECOVERED",
    "VERIFIED",
  ],
  mails: { RECOVERED: [1, 1], ACTIVE_UNKNOWN: [0, 1], "ACTIVE_UNKNOWN resolved": [0, 1] },
  async play(stage) {
    await stage.begun();
    const node = stage.active();
    await stage.fault("ssm-down", { mode: "hang" });
    await stage.incident("kill");
    await stage.detected(["ACTIVE_SILENT", "ACTIVE_UNKNOWN"], 40);
    await stage.fault("clear");
    await stage.restored(40, node);
    await stage.calm();
  },
};

import type { Scenario } from "../scenario.ts";

export const nodeCrashes: Scenario = {
  name: "node-crashes",
  imitates: "The active node loses its power or its kernel panics; EC2 says stopped 3 s later.",
  expects:
    "EC2's event wakes a tick, EC2 is asked again, and its word is the proof: another node starts at once.",
  history: [
    "COLD_START",
    "STARTS",
    "STARTED",
    "VERIFIED",
    "NODE_GONE",
    "STARTS",
    "RETRIES_IN_PLACE?",
    "FAILED_OVER",
    "VERIFIED",
  ],
  mails: { FAILED_OVER: [1, 1] },
  async play(stage) {
    await stage.begun();
    const standby = stage.standby();
    await stage.incident("crash");
    await stage.detected(["NODE_GONE"], 40);
    await stage.restored(40, standby);
    await stage.calm();
  },
};

import type { Scenario } from "../scenario.ts";

export const ssmThrottled: Scenario = {
  name: "ssm-throttled",
  imitates:
    "Another program of the account uses up the rate of Systems Manager; meanwhile the scheduler dies.",
  expects:
    "What cannot be asked is unknown, and nothing is started elsewhere; when calls pass again, it is started.",
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
  mails: { RECOVERED: [1, 1] },
  async play(stage) {
    await stage.begun();
    const node = stage.active();
    await stage.fault("ssm-throttled");
    await stage.incident("kill");
    await stage.detected(["ACTIVE_SILENT"], 40);
    await stage.stays("nothing is started", () => stage.runs().length === 0, 4);
    await stage.fault("clear");
    await stage.restored(40, node);
    await stage.calm();
  },
};

import type { Scenario } from "../scenario.ts";

const way = ["DRILL_BEGINS", "STARTS", "RETRIES_IN_PLACE?", "FAILED_OVER"];

export const drill: Scenario = {
  name: "drill",
  imitates:
    "Drills: one in whose middle a tick is killed, and one that finds a standby on which the scheduler does not come up.",
  expects:
    "The first goes there and back by itself, and tells what it took. The second leaves the scheduler where it was, and a mail and an alarm say that it has failed.",
  history: [
    "COLD_START",
    "STARTS",
    "STARTED",
    "VERIFIED",
    ...way,
    "DRILL_HALFWAY",
    ...way,
    "DRILL_DONE",
    "DRILL_BEGINS",
    "STARTS",
    "GOES_BACK",
    "STARTS",
    "RETRIES_IN_PLACE?",
    "RECOVERED",
    "DRILL_FAILED",
  ],
  mails: { FAILED_OVER: [2, 2], RECOVERED: [1, 1], GOES_BACK: [0, 1], DRILL_FAILED: [1, 1] },
  functionErrors: /Runtime\.ExitError/u,
  async play(stage) {
    await stage.begun();
    const [home, other] = [stage.active(), stage.standby()];
    const told = (code: string) => () => stage.ticks([code], 0).length > 0;
    const wish = { reason: "every Monday", key: "scenario-drill" };
    stage.begins();
    const reply = await stage.operate("drill", wish);
    if (reply["code"] !== "ACCEPTED") throw new Error(`the drill was not accepted: ${JSON.stringify(reply)}`);
    await stage.fault("lambda-killed-at", { call: "ssm:SendCommand", when: "after" });
    await stage.until("it has come there", told("DRILL_HALFWAY"), 90);
    if (stage.active() !== other) throw new Error("it did not come to the other node");
    await stage.until("it is done", told("DRILL_DONE"), 90);
    if (stage.active() !== home) throw new Error("it did not come back");
    const again = await stage.operate("drill", wish);
    if (again["code"] !== "ALREADY_ASKED") throw new Error(`the same key again: ${JSON.stringify(again)}`);
    const { metrics } = stage.sandbox.state();
    if (!Object.keys(metrics).some((name) => name.includes("DrillGapSeconds")))
      throw new Error(`no figure of the drill: ${JSON.stringify(metrics)}`);

    await stage.fault("start-fails", { node: other });
    await stage.operate("drill", { reason: "every Monday" });
    await stage.until("it has failed", told("DRILL_FAILED"), 120);
    if (stage.active() !== home) throw new Error("a drill that failed left the scheduler elsewhere");
    await stage.fault("clear");
    await stage.calm();
  },
};

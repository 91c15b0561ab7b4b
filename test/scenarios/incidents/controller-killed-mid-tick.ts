import type { Scenario } from "../scenario.ts";

export const controllerKilledMidTick: Scenario = {
  name: "controller-killed-mid-tick",
  imitates:
    "The function's process ends between two instructions: after the start was sent and before its answer was read, then after a mail was sent and before that was noted.",
  expects:
    "The next tick after the dead one's lease goes on where it was: one scheduler, each transition told once, the mail at most twice.",
  functionErrors: /Runtime\.ExitError/u,
  history: ["COLD_START", "STARTS", "STARTED", "VERIFIED", "RESTARTED?", "RECOVERED", "VERIFIED"],
  mails: { RECOVERED: [1, 2] },
  async play(stage) {
    await stage.begun();
    const node = stage.active();
    const spent = () =>
      stage.events.filter(({ kind, text, at }) => kind === "fault" && text.includes("was killed") && at > 0);
    await stage.incident("kill");
    await stage.fault("lambda-killed-at", { call: "ssm:SendCommand", when: "after" });
    await stage.noticed("the function is killed", ({ text }) => text.includes("was killed"), 30);
    await stage.fault("lambda-killed-at", { call: "ses:SendEmail", when: "after" });
    await stage.restored(60, node);
    await stage.until("the function is killed again", () => spent().length === 2, 60);
    await stage.calm(60);
  },
};

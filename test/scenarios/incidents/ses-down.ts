import type { Scenario } from "../scenario.ts";

export const sesDown: Scenario = {
  name: "ses-down",
  imitates: "SES answers with errors when an alert is to be sent.",
  expects:
    "The scheduler is started again all the same; the alert waits on the record and is sent once when SES is back.",
  history: ["COLD_START", "STARTS", "STARTED", "VERIFIED", "RESTARTED", "RECOVERED", "VERIFIED"],
  mails: { RECOVERED: [1, 1] },
  async play(stage) {
    await stage.begun();
    const node = stage.active();
    await stage.fault("ses-down");
    await stage.incident("kill");
    await stage.detected(["RESTARTED"], 40);
    await stage.restored(40, node);
    const tried = () =>
      stage.sandbox.recordedCalls().some(({ service, status }) => service === "ses" && status >= 500);
    await stage.until("a mail was refused", tried, 30);
    if (stage.letters("RECOVERED") > 0) throw new Error("a mail passed while SES was down");
    await stage.fault("clear");
    await stage.until("the mail is sent", () => stage.letters("RECOVERED") === 1, 30);
    await stage.calm();
  },
};

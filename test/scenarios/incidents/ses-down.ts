import type { Scenario } from "../scenario.ts";

export const sesDown: Scenario = {
  name: "ses-down",
  imitates:
    "SES and EventBridge answer with errors when an alert is to be sent and an event to be published.",
  expects:
    "The scheduler is started again all the same; alert and events wait on the record, and are told when the services are back, the alert once.",
  history: ["COLD_START", "STARTS", "STARTED", "VERIFIED", "RESTARTED", "RECOVERED", "VERIFIED"],
  mails: { RECOVERED: [1, 1] },
  async play(stage) {
    await stage.begun();
    const node = stage.active();
    await stage.fault("ses-down");
    await stage.fault("events-down");
    await stage.incident("kill");
    await stage.detected(["RESTARTED"], 40);
    await stage.restored(40, node);
    const tried = () =>
      stage.sandbox.recordedCalls().some(({ service, status }) => service === "ses" && status >= 500);
    await stage.until("a mail was refused", tried, 30);
    const events = () => stage.sandbox.cloud.bus.events.map((event) => event["detail-type"]);
    if (events().includes("RESTARTED")) throw new Error("an event passed while EventBridge was down");
    if (stage.letters("RECOVERED") > 0) throw new Error("a mail passed while SES was down");
    await stage.fault("clear");
    await stage.until("the mail is sent", () => stage.letters("RECOVERED") === 1, 30);
    await stage.until("the events are published", () => events().includes("RECOVERED"), 30);
    await stage.calm();
  },
};

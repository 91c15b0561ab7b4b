import type { Scenario } from "../scenario.ts";

export const ec2Down: Scenario = {
  name: "ec2-down",
  imitates:
    "EC2's interface answers with errors: nobody says which instances there are; meanwhile the scheduler dies.",
  expects: "The nodes are known from the record, and asked as ever: the scheduler is started again in place.",
  history: ["COLD_START", "STARTS", "STARTED", "VERIFIED", "RESTARTED", "RECOVERED", "VERIFIED"],
  mails: { RECOVERED: [1, 1] },
  async play(stage) {
    await stage.begun();
    const node = stage.active();
    await stage.fault("ec2-down");
    await stage.incident("kill");
    await stage.detected(["RESTARTED"], 40);
    await stage.restored(40, node);
    await stage.fault("clear");
    await stage.calm();
  },
};

import type { Scenario } from "../scenario.ts";

export const nodeReboots: Scenario = {
  name: "node-reboots",
  imitates:
    "The active node reboots so fast that EC2 never finds it stopped: its scheduler is gone, its /run empty.",
  expects:
    "The node answers with another life: the old grant is void, and the scheduler is started there again under a new one.",
  history: ["COLD_START", "STARTS", "STARTED", "VERIFIED", "REBOOTED", "RECOVERED", "VERIFIED"],
  mails: { RECOVERED: [1, 1] },
  async play(stage) {
    await stage.begun();
    const node = stage.active();
    await stage.incident("crash", { node, seconds: 60 });
    await stage.fault("bring-back", { node });
    await stage.detected(["REBOOTED"], 40);
    await stage.restored(40, node);
    await stage.calm();
  },
};

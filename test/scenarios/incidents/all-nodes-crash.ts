import type { Scenario } from "../scenario.ts";

export const allNodesCrash: Scenario = {
  name: "all-nodes-crash",
  imitates: "Both nodes lose their power at once, as with their availability zone, and boot again later.",
  expects:
    "It is mailed that no node can take over. When they are back, exactly one scheduler is started, on proof.",
  history: [
    "COLD_START",
    "STARTS",
    "STARTED",
    "VERIFIED",
    "NODE_GONE",
    "NO_CANDIDATE",
    "STARTS",
    "RETRIES_IN_PLACE?",
    "FAILED_OVER?",
    "RECOVERED?",
    "VERIFIED",
  ],
  mails: { NO_CANDIDATE: [1, 1], "NO_CANDIDATE resolved": [1, 1], FAILED_OVER: [0, 1], RECOVERED: [0, 1] },
  async play(stage) {
    await stage.begun();
    const [active, standby] = [stage.active(), stage.standby()];
    await stage.incident("crash", { node: active });
    await stage.fault("crash", { node: standby });
    await stage.detected(["NODE_GONE"], 40);
    await stage.until("it is mailed", () => stage.letters("NO_CANDIDATE") === 1, 30);
    await Promise.all([active, standby].map((node) => stage.fault("bring-back", { node })));
    await stage.restored(40);
    await stage.calm();
  },
};

import type { Scenario } from "../scenario.ts";

export const nodeCutOff: Scenario = {
  name: "node-cut-off",
  imitates:
    "The active node reaches no AWS interface, and nobody can reach it, while its scheduler works on: a firewall rule, a dead agent.",
  expects:
    "Unknown is not stopped: the controller holds, mails once, and starts nothing while the grant may last. When the node is back, one mail resolves it.",
  history: ["COLD_START", "STARTS", "STARTED", "VERIFIED", "ACTIVE_UNKNOWN"],
  mails: { ACTIVE_UNKNOWN: [1, 1], "ACTIVE_UNKNOWN resolved": [1, 1] },
  async play(stage) {
    await stage.begun();
    const [only = ""] = stage.runs();
    const node = stage.active();
    await stage.incident("cut-off", { node });
    await stage.detected(["ACTIVE_UNKNOWN"], 40);
    await stage.until("it is mailed", () => stage.letters("ACTIVE_UNKNOWN") === 1, 30);
    await stage.stays("the one scheduler", () => stage.runs().join() === only, 8);
    await stage.fault("reconnect", { node });
    await stage.calm();
    stage.over();
    if (stage.runs().join() !== only) throw new Error("the scheduler did not outlive it");
  },
};

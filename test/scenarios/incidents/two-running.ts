import type { Scenario } from "../scenario.ts";

export const twoRunning: Scenario = {
  name: "two-running",
  imitates:
    "The controller is deployed where two schedulers run already, as after a failover of the predecessor.",
  expects:
    "The first tick keeps one untouched and stops the other; a mail says so at once, another one that it is over.",
  startedByHand: ["node-1", "node-2"],
  twoAllowed: 20,
  history: ["SEVERAL_FOUND"],
  mails: { SEVERAL_FOUND: [1, 1], "SEVERAL_FOUND resolved": [1, 1] },
  async play(stage) {
    const before = stage.runs();
    stage.begins(stage.begunAt);
    await stage.detected(["SEVERAL_FOUND"], 40);
    await stage.until("one is left", () => stage.runs().length === 1, 30);
    stage.over();
    const [kept = ""] = stage.runs();
    if (!before.includes(kept)) throw new Error(`${kept} is none of the two that ran: ${before.join(", ")}`);
    await stage.calm();
  },
};

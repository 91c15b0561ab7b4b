import type { Scenario } from "../scenario.ts";

export const adopted: Scenario = {
  name: "adopted",
  imitates: "The controller is deployed, or its record is lost, while one scheduler runs as it should.",
  expects: "The very process is taken over without a restart; nobody is mailed.",
  startedByHand: ["node-2"],
  history: ["ADOPTED"],
  mails: {},
  async play(stage) {
    const before = stage.runs().join();
    stage.begins(stage.begunAt);
    await stage.detected(["ADOPTED"], 40);
    stage.over();
    await stage.calm();
    const after = stage.runs().join();
    if (before !== after) throw new Error(`not the same process: ${before} before, ${after} after`);
  },
};

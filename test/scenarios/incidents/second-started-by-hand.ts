import type { Scenario } from "../scenario.ts";

export const secondStartedByHand: Scenario = {
  name: "second-started-by-hand",
  imitates: "Somebody starts a second scheduler on the standby by hand, past the controller; or a boot does.",
  expects:
    "It is found by its command line and stopped within a beat and its kill grace; the first one is untouched.",
  twoAllowed: 20,
  // Told by the first answer that finds it: with its end, or before, where it takes longer to end than the node's answer.
  history: ["COLD_START", "STARTS", "STARTED", "VERIFIED", "SEVERAL_RUNNING?", "SEVERAL_ENDED?"],
  mails: { SEVERAL_RUNNING: [0, 1], "SEVERAL_RUNNING resolved": [0, 1], SEVERAL_ENDED: [0, 1] },
  async play(stage) {
    await stage.begun();
    const [first = ""] = stage.runs();
    await stage.incident("start-by-hand", { node: stage.standby() });
    await stage.until("two run", () => stage.runs().length === 2, 30);
    await stage.detected(["SEVERAL_RUNNING", "SEVERAL_ENDED"], 30);
    await stage.until("only the first is left", () => stage.runs().join() === first, 30);
    stage.over();
    await stage.calm();
    if (stage.runs().join() !== first) throw new Error("the first one was not left alone");
  },
};

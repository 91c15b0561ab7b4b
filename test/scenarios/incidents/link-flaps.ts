import type { Scenario } from "../scenario.ts";

export const linkFlaps: Scenario = {
  name: "link-flaps",
  imitates:
    "The way to the active node is away for some seconds, again and again: less than what may be acted upon.",
  expects: "Nothing is done and nobody is mailed; the scheduler runs on untouched.",
  history: ["COLD_START", "STARTS", "STARTED", "VERIFIED"],
  mails: {},
  async play(stage) {
    await stage.begun();
    const node = stage.active();
    const [only = ""] = stage.runs();
    stage.begins();
    for (let times = 0; times < 2; times += 1) {
      const cutAt = Date.now();
      await stage.fault("cut-off", { node });
      await stage.until("a tick finds it silent", () => stage.ticks(["ACTIVE_SILENT"], cutAt).length > 0, 30);
      if (stage.detectedAt === 0) stage.detectedAt = Date.now();
      await stage.fault("reconnect", { node });
      await stage.calm();
    }
    stage.over();
    if (stage.runs().join() !== only) throw new Error("the scheduler was not left alone");
  },
};

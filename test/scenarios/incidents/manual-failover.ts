import { recordOf } from "../../../lib/sandbox/values.ts";
import type { Scenario } from "../scenario.ts";

export const manualFailover: Scenario = {
  name: "manual-failover",
  imitates: "An operator moves the scheduler to the other node, for maintenance; a typing error comes first.",
  expects:
    "The unknown node is refused with the valid ones. The move stops, proves and starts; the same key again moves nothing.",
  history: [
    "COLD_START",
    "STARTS",
    "STARTED",
    "VERIFIED",
    "FAILOVER_BEGINS",
    "STARTS",
    "RETRIES_IN_PLACE?",
    "FAILED_OVER",
    "VERIFIED",
  ],
  mails: { FAILED_OVER: [1, 1] },
  async play(stage) {
    await stage.begun();
    const [from, to] = [stage.active(), stage.standby()];
    const refused = recordOf((await stage.operate("failover", { to: "i-0123456789abcdef0" }))["error"]);
    if (refused["code"] !== "UNKNOWN_NODE" || JSON.stringify(refused["valid"]) !== JSON.stringify([to])) {
      throw new Error(`an unknown node was answered with ${JSON.stringify(refused)}`);
    }
    stage.begins();
    const wish = { to, reason: "maintenance", key: "scenario-1" };
    const reply = await stage.operate("failover", wish);
    if (reply["code"] !== "ACCEPTED")
      throw new Error(`the failover was not accepted: ${JSON.stringify(reply)}`);
    await stage.detected(["FAILOVER_BEGINS"], 40);
    await stage.restored(40, to);
    await stage.calm();
    const again = await stage.operate("failover", wish);
    if (again["code"] !== "ALREADY_ASKED") throw new Error(`the same key again: ${JSON.stringify(again)}`);
    await stage.calm();
    if (stage.active() === from) throw new Error("it went back");
  },
};

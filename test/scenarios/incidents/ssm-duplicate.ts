import type { Scenario } from "../scenario.ts";

export const ssmDuplicate: Scenario = {
  name: "ssm-duplicate",
  imitates: "Run Command delivers each command twice, starts and stops included.",
  expects: "A repeated plan finds itself done: the killed scheduler is started once, and moved once.",
  history: [
    "COLD_START",
    "STARTS",
    "STARTED",
    "VERIFIED",
    "RESTARTED",
    "RECOVERED",
    "VERIFIED",
    "FAILOVER_BEGINS",
    "STARTS",
    "RETRIES_IN_PLACE?",
    "FAILED_OVER",
    "VERIFIED",
  ],
  mails: { RECOVERED: [1, 1], FAILED_OVER: [1, 1] },
  async play(stage) {
    await stage.begun();
    const [node, other] = [stage.active(), stage.standby()];
    await stage.fault("ssm-duplicate");
    await stage.incident("kill");
    await stage.detected(["RESTARTED"], 40);
    await stage.restored(40, node);
    await stage.calm();
    const total = stage.restoredAt;
    const reply = await stage.operate("failover", { to: other, reason: "commands come twice" });
    if (reply["ok"] !== true) throw new Error(`the failover was refused: ${JSON.stringify(reply)}`);
    await stage.restored(40, other);
    stage.restoredAt = total;
    await stage.calm();
  },
};

import type { Scenario } from "../scenario.ts";

const LATE_SECONDS = 24;

export const ssmLate: Scenario = {
  name: "ssm-late",
  imitates:
    "Run Command delivers a start late: when it arrives, the scheduler has long been moved to another node.",
  expects: "The node refuses the late plan, because it has obeyed a later one: no second scheduler.",
  history: [
    "COLD_START",
    "STARTS",
    "STARTED",
    "VERIFIED",
    "RESTARTED?",
    "RECOVERED?",
    "VERIFIED?",
    "FAILOVER_BEGINS",
    "STARTS",
    "RETRIES_IN_PLACE?",
    "FAILED_OVER",
    "VERIFIED",
  ],
  mails: { RECOVERED: [0, 1], FAILED_OVER: [1, 1] },
  async play(stage) {
    await stage.begun();
    const [from, to] = [stage.active(), stage.standby()];
    const { incidentAt } = await late(stage, from);
    await stage.until(
      "a tick finds it silent",
      () => stage.ticks(["ACTIVE_SILENT"], incidentAt).length > 0,
      30,
    );
    await stage.fault("clear");
    const reply = await stage.operate("failover", { to, reason: "the node is slow" });
    if (reply["ok"] !== true) throw new Error(`the failover was refused: ${JSON.stringify(reply)}`);
    await stage.detected(["FAILOVER_BEGINS"], 40);
    await stage.restored(40, to);
    const refused = async (): Promise<boolean> => {
      const printed = await stage.operator.printedBy(from);
      return printed.some((line) => line.includes('"refused"') && /"reason":"token \d+/u.test(line));
    };
    await stage.until("the late plan has arrived and was refused", refused, LATE_SECONDS + 10);
    await stage.calm();
    if (stage.active() !== to) throw new Error("it did not stay where it was moved to");
  },
};

async function late(stage: Parameters<Scenario["play"]>[0], node: string) {
  await stage.incident("ssm-late", { node, seconds: LATE_SECONDS });
  return stage;
}

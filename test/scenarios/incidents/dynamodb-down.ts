import type { Scenario } from "../scenario.ts";

export const dynamodbDown: Scenario = {
  name: "dynamodb-down",
  imitates:
    "DynamoDB answers with errors: no tick can read or write the record. Meanwhile the scheduler dies.",
  expects:
    "The scheduler runs on without the controller. Without a record nothing is started; when DynamoDB is back, the dead one is.",
  functionErrors: /StoreUnavailable|StoreRefused|TicksFailed|InternalServerError|TimedOut/iu,
  history: ["COLD_START", "STARTS", "STARTED", "VERIFIED", "RESTARTED", "RECOVERED", "VERIFIED"],
  mails: { RECOVERED: [1, 1] },
  async play(stage) {
    await stage.begun();
    const [only = ""] = stage.runs();
    const node = stage.active();
    await stage.incident("dynamodb-down");
    await stage.noticed("an invocation fails", ({ kind }) => kind === "problem", 30);
    await stage.stays("the scheduler runs on", () => stage.runs().join() === only, 8);
    await stage.fault("kill", { node });
    await stage.until("it is dead", () => stage.runs().length === 0, 30);
    await stage.stays("nothing is started", () => stage.runs().length === 0, 8);
    await stage.fault("clear");
    await stage.restored(40, node);
    await stage.calm();
  },
};

import type { Scenario } from "../scenario.ts";

export const lambdaThrottled: Scenario = {
  name: "lambda-throttled",
  imitates:
    "The account's concurrency is used up: Lambda refuses every invocation; meanwhile the scheduler dies.",
  expects: "The loop catches the refusals and goes on; its next tick that passes starts the scheduler again.",
  history: ["COLD_START", "STARTS", "STARTED", "VERIFIED", "RESTARTED", "RECOVERED", "VERIFIED"],
  mails: { RECOVERED: [1, 1] },
  async play(stage) {
    await stage.begun();
    const node = stage.active();
    await stage.fault("lambda-throttled");
    await stage.incident("kill");
    const refused = () =>
      stage.sandbox
        .recordedCalls()
        .filter(
          ({ at, service, status }) => at >= stage.incidentAt && service === "lambda" && status === 429,
        );
    await stage.until("two invocations were refused", () => refused().length >= 2, 30);
    await stage.fault("clear");
    await stage.detected(["RESTARTED"], 40);
    await stage.restored(40, node);
    await stage.calm();
  },
};

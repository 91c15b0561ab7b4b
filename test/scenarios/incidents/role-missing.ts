import type { Scenario } from "../scenario.ts";

export const roleMissing: Scenario = {
  name: "role-missing",
  imitates:
    "Somebody deletes the function's role: Lambda cannot assume it, for nobody; then it is made anew.",
  expects:
    "The operator is refused with AWS's own words; the loop goes on, and the very process with it; the next tick that may run is a good one.",
  history: ["COLD_START", "STARTS", "STARTED", "VERIFIED"],
  mails: {},
  async play(stage) {
    await stage.begun();
    const before = stage.runs().join();
    await stage.incident("role-missing");
    const refused = () =>
      stage.sandbox
        .recordedCalls()
        .filter(
          ({ at, caller, service, status }) =>
            at >= stage.incidentAt && caller === "states" && service === "lambda" && status === 403,
        );
    await stage.until("the loop was refused twice", () => refused().length >= 2, 30);
    const said = await stage.operator.ask("status", {}, "read").then(JSON.stringify, String);
    if (!/AccessDenied.*role .* cannot be assumed/.test(said))
      throw new Error(`the operator is not told: ${said}`);
    const executions = stage.sandbox.cloud.machines.flatMap((machine) => machine.executions);
    const ended = executions.filter(({ status }) => status !== "RUNNING" && status !== "SUCCEEDED");
    if (ended.length > 0) throw new Error(`the loop has ended: ${ended.map(({ error }) => error).join()}`);
    stage.detectedAt = refused()[0]?.at ?? 0;
    await stage.fault("clear");
    await stage.calm();
    stage.over();
    const after = stage.runs().join();
    if (before !== after) throw new Error(`not the same process: ${before} before, ${after} after`);
  },
};

import aslValidator from "asl-validator";
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../lib/core/settings.ts";
import { changed } from "../settings/written.ts";
import { deploy } from "./deployed.ts";

const deployed = await deploy(changed(["beatSeconds", 15]));
const machine = deployed.only("AWS::StepFunctions::StateMachine").properties;

interface Definition {
  readonly TimeoutSeconds: number;
  readonly States: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The text that is deployed, with names in place of what CloudFormation fills in. */
const text = String(machine["DefinitionString"])
  .replaceAll("<AWS::Partition>", "aws")
  .replaceAll(/<ControllerTick\w+>/g, "ALIAS_TICK");
const definition = JSON.parse(text) as Definition;

describe("the loop", () => {
  it("is the one that a reader has looked at", async () => {
    await expect(`${JSON.stringify(definition, undefined, 2)}\n`).toMatchFileSnapshot("loop.golden.json");
  });

  it("is valid in the States Language", () => {
    const { isValid, errorsText } = aslValidator(structuredClone(definition));
    expect(errorsText("\n")).toBe("");
    expect(isValid).toBe(true);
  });

  it("goes on after every error of a tick, by seconds", () => {
    const tick = definition.States["Tick"];
    expect(tick?.["Catch"]).toEqual([
      { ErrorEquals: ["States.Timeout"], Next: "Beat" },
      { ErrorEquals: ["States.ALL"], Next: "Wait a beat" },
    ]);
    expect(definition.States["Wait a beat"]).toEqual({ Type: "Wait", Seconds: 15, Next: "Beat" });
    expect(definition.States["Done?"]?.["Default"]).toBe("Wait a beat");
  });

  it("ends nowhere but where a tick says that it is done", () => {
    const ends = Object.values(definition.States).filter(
      ({ Type, End }) => Type === "Succeed" || Type === "Fail" || End,
    );
    expect(ends).toEqual([{ Type: "Succeed" }]);
  });

  it("does not repeat a tick that ran, and repeats one that did not start within the shortest beat", () => {
    const [retry, ...others] = (definition.States["Tick"]?.["Retry"] ?? []) as {
      ErrorEquals: string[];
      IntervalSeconds: number;
      MaxAttempts: number;
    }[];
    expect(others).toEqual([]);
    expect(retry?.ErrorEquals).not.toContain("Lambda.Unknown");
    expect(retry?.ErrorEquals).not.toContain("States.ALL");
    expect((retry?.IntervalSeconds ?? 0) * (retry?.MaxAttempts ?? 0)).toBeLessThan(5);
  });

  it("waits for a tick to the next beat and no longer, by a path that each reading of it finds", () => {
    const { TimeoutSecondsPath, Parameters } = definition.States["Tick"] ?? {};
    expect(TimeoutSecondsPath).toBe("$.Payload.patience");
    expect(definition.States["Beat"]).toMatchObject({ Result: { Payload: { patience: 15 } }, Next: "Tick" });
    expect(Parameters).toMatchObject({ Payload: { "patience.$": "$.Payload.patience" } });
  });

  it("waits for no tick longer than Lambda lets it run, and some seconds", async () => {
    const slow = await deploy(changed(["beatSeconds", 60], ["clusters.main.timers", { grantSeconds: 300 }]));
    const { DefinitionString } = slow.only("AWS::StepFunctions::StateMachine").properties;
    expect(DefinitionString).toContain(`"patience":${LIMITS.lambdaTimeoutSeconds + 5}}`);
  });

  it("outlives its own end and a last tick, and ends before Express ends it", () => {
    expect(definition.TimeoutSeconds).toBeGreaterThan(LIMITS.loopSeconds + LIMITS.lambdaTimeoutSeconds);
    expect(definition.TimeoutSeconds).toBeLessThan(300);
  });

  it("is an Express machine that logs its errors to a group of its own", () => {
    expect(machine).toMatchObject({
      StateMachineType: "EXPRESS",
      LoggingConfiguration: { Level: "ERROR", Destinations: [{ CloudWatchLogsLogGroup: {} }] },
    });
    const groups = deployed.ofType("AWS::Logs::LogGroup").map(({ properties }) => properties["LogGroupName"]);
    expect(groups).toContain("/aws/vendedlogs/states/SchedulerFailover-loop");
  });
});

describe("the schedule", () => {
  it("starts a loop every minute, at once, and does not repeat a start that was missed", () => {
    const { properties } = deployed.only("AWS::Scheduler::Schedule");
    expect(properties).toMatchObject({
      ScheduleExpression: "rate(1 minute)",
      FlexibleTimeWindow: { Mode: "OFF" },
      State: "ENABLED",
      Target: { Arn: expect.stringMatching(/^<LoopStateMachine/), RetryPolicy: { MaximumRetryAttempts: 0 } },
    });
  });
});

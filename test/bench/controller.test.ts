import { describe, expect, it } from "vitest";
import { callsByKind, callsPerDay } from "./controller.ts";

const call = (at: number, operation: string, service = "dynamodb", caller = "function:it") => ({
  at,
  caller,
  service,
  operation,
});
const invoke = (at: number) => call(at, "Invoke", "lambda", "states");
const tick = (at: number) => [
  invoke(at),
  call(at + 5, "GetItem"),
  call(at + 10, "SendCommand", "ssm"),
  call(at + 900, "UpdateItem"),
];

describe("the calls of a steady controller", () => {
  const turn = [...tick(15_000), invoke(15_001), call(15_002, "GetItem"), call(15_003, "UpdateItem")];
  const figures = callsByKind([...tick(5_000), ...tick(10_000), ...turn, ...tick(20_000)]);

  it("are told apart: those of a tick, and those of a minute's turn beside it", () => {
    expect(figures.calls).toEqual({ "dynamodb:GetItem": 1, "ssm:SendCommand": 1, "dynamodb:UpdateItem": 1 });
    expect(figures.turnCalls).toEqual({ "dynamodb:GetItem": 1, "dynamodb:UpdateItem": 1 });
  });

  it("make a day's with as many ticks as it has beats, and as many turns as minutes", () => {
    expect(callsPerDay(figures, 10)).toEqual({ all: 3 * 8640 + 2 * 1440, cloudTrail: 8640 + 1440 });
  });
});

/**
 * The deployed definition of the loop in two interpreters of the States Language that share no code: the sandbox's, and
 * moto's, which descends from LocalStack's. Both call the same Lambda on the same wire. What they agree on is no quirk
 * of the one that every scenario runs in.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseInstant } from "../../../lib/core/instants.ts";
import { deploy } from "../../constructs/deployed.ts";
import { changed } from "../../settings/written.ts";
import { pythonEnvironment } from "../python.ts";
import { type Ended, inMoto, inSandbox } from "./interpreters.ts";
import { type Answer, type Invocation, scriptedLambda, type ScriptedLambda } from "./scripted-lambda.ts";

const BEAT_SECONDS = 5;
/** So much later an interpreter may go on, on a busy machine: less than a beat, which would be another case. */
const SLACK_SECONDS = BEAT_SECONDS - 0.1;

/** An interpreter counts a task's time from before it has connected, which takes moto's client a while. */
const CONNECTING_SECONDS = 2.5;
/** moto drops the part of a wait that is below a second. */
const MOTO_EARLY_SECONDS = 1;

interface Case {
  readonly name: string;
  readonly answers: readonly Answer[];
  /** Seconds between two invocations, at the least; the retries wait for a random part of a second. */
  readonly gaps: readonly number[];
  /** Those entered after the first, `Beat`. */
  readonly states: readonly string[];
}

const TICK_AGAIN = ["Tick", "Done?", "Wait until next"];
const AFTER_ERROR = ["Tick", "Wait a beat", "Beat"];
const WITHOUT_INSTANT = ["Tick", "Done?", "Wait a beat", "Beat"];
const END = ["Tick", "Done?", "Done"];
const THROTTLED: Answer = { refused: "TooManyRequestsException", status: 429 };
const DONE: Answer = { done: true };
const nextIn = (seconds: number, patience = BEAT_SECONDS): Answer => ({ nextIn: seconds, patience });

const CASES: readonly Case[] = [
  {
    name: "normal: it waits until the instant that each tick answers",
    answers: [nextIn(2), nextIn(3.5), nextIn(-1), DONE],
    gaps: [2, 3.5, 0],
    states: [...TICK_AGAIN, ...TICK_AGAIN, ...TICK_AGAIN, ...END],
  },
  {
    name: "superseded: it ends at once",
    answers: [DONE],
    gaps: [],
    states: END,
  },
  {
    name: "a tick fails: it goes on a beat later",
    answers: [{ fails: "TicksFailedError" }, nextIn(2), DONE],
    gaps: [BEAT_SECONDS, 2],
    states: [...AFTER_ERROR, ...TICK_AGAIN, ...END],
  },
  {
    name: "a tick is ended by Lambda's timeout: it goes on a beat later, and does not repeat it",
    answers: [{ fails: "Sandbox.Timedout" }, DONE],
    gaps: [BEAT_SECONDS],
    states: [...AFTER_ERROR, ...END],
  },
  {
    name: "the first tick is slow: it is waited for until the next beat",
    answers: ["never", DONE],
    gaps: [BEAT_SECONDS - CONNECTING_SECONDS],
    states: ["Tick", "Beat", ...END],
  },
  {
    name: "a later tick is slow: it is waited for as long as the one before has answered",
    answers: [nextIn(2, 3), "never", DONE],
    gaps: [2, 3 - CONNECTING_SECONDS],
    states: [...TICK_AGAIN, "Tick", "Beat", ...END],
  },
  {
    name: "throttled once: the tick is repeated within a second",
    answers: [THROTTLED, nextIn(2), DONE],
    gaps: [0, 2],
    states: [...TICK_AGAIN, ...END],
  },
  {
    name: "throttled for good: after two repetitions it goes on a beat later",
    answers: [THROTTLED, THROTTLED, THROTTLED, DONE],
    gaps: [0, 0, BEAT_SECONDS],
    states: [...AFTER_ERROR, ...END],
  },
  {
    name: "Lambda fails itself: the tick is repeated",
    answers: [{ refused: "ServiceException", status: 500 }, DONE],
    gaps: [0],
    states: END,
  },
  {
    name: "the function may not be run, its role is gone: it tries again a beat later",
    answers: [{ refused: "AccessDeniedException", status: 403 }, DONE],
    gaps: [BEAT_SECONDS],
    states: [...AFTER_ERROR, ...END],
  },
  {
    name: "an answer without an instant: it goes on a beat later",
    answers: [{ payload: { done: false } }, DONE],
    gaps: [BEAT_SECONDS],
    states: [...WITHOUT_INSTANT, ...END],
  },
  {
    name: "an answer that is no object: it goes on a beat later",
    answers: [{ payload: "nonsense" }, DONE],
    gaps: [BEAT_SECONDS],
    states: [...WITHOUT_INSTANT, ...END],
  },
];

interface Tick {
  readonly execution: { readonly id: string; readonly startedAt: string };
}

const python = pythonEnvironment("moto");

const nameOf = (interpreter: string, n: number): string => `${interpreter}-${n}`;
const names = (interpreter: string) => CASES.map((one, n) => [nameOf(interpreter, n), one] as const);

/** Of a tick that answers as ours do, in moto. */
const FRACTION = "moto-fraction";
const answerFor =
  (name: string) =>
  (answer: Answer): Answer =>
    typeof answer === "object" && "nextIn" in answer
      ? { ...answer, wholeSeconds: name.startsWith("moto") }
      : answer;

let lambda: ScriptedLambda;
let ends: ReadonlyMap<string, Ended>;

beforeAll(async () => {
  const machine = (await deploy(changed(["beatSeconds", BEAT_SECONDS]))).only(
    "AWS::StepFunctions::StateMachine",
  );
  const text = String(machine.properties["DefinitionString"]).replaceAll("<AWS::Partition>", "aws");
  const all = [...names("sandbox"), ...names("moto")];
  const scripts = all.map(([name, { answers }]) => [name, answers.map(answerFor(name))] as const);
  lambda = await scriptedLambda(new Map([...scripts, [FRACTION, [nextIn(0.5), DONE]]]));
  const definitions = (interpreter: string, ...more: readonly string[]) =>
    new Map(
      [...names(interpreter).map(([name]) => name), ...more].map((name) => {
        const arn = `arn:aws:lambda:us-east-1:000000000000:function:${name}:tick`;
        return [name, text.replaceAll(/<ControllerTick\w+>/g, arn)];
      }),
    );
  const [first, second] = await Promise.all([
    inSandbox(definitions("sandbox"), lambda.port),
    python
      ? inMoto(python.program("python"), definitions("moto", FRACTION), lambda.port)
      : new Map<string, Ended>(),
  ]);
  ends = new Map([...first, ...second]);
});
afterAll(() => lambda.close());

describe.each(CASES.map((one, n) => ({ ...one, n })))("$name", ({ n, states, gaps }) => {
  it("in the sandbox's interpreter", () => {
    const name = nameOf("sandbox", n);
    expect(ends.get(name)?.status).toBe("SUCCEEDED");
    expectGaps(lambda.invocations(name), gaps, 0.1);
  });

  it.skipIf(python === undefined)("in moto's, through the same states", () => {
    const name = nameOf("moto", n);
    expect(ends.get(name)).toMatchObject({ status: "SUCCEEDED", states: ["Beat", ...states] });
    expectGaps(lambda.invocations(name), gaps, MOTO_EARLY_SECONDS);
  });
});

describe("each tick is told of its execution", () => {
  it.each(python ? ["sandbox", "moto"] : ["sandbox"])("%s", (interpreter) => {
    for (const [name] of names(interpreter)) {
      const payloads = lambda.invocations(name).map(({ payload }) => payload);
      const [first] = payloads as Tick[];
      expect(first).toEqual({
        patience: BEAT_SECONDS,
        action: "tick",
        execution: { id: expect.any(String), startedAt: expect.any(String) },
      });
      expect(parseInstant(first?.execution.startedAt ?? "")).toBeDefined();
      for (const payload of payloads as Tick[]) expect(payload.execution).toEqual(first?.execution);
    }
  });
});

describe.skipIf(python === undefined)("what moto reads otherwise", () => {
  it("is an instant with milliseconds, which it takes for no timestamp: there the loop goes on a beat later", () => {
    expect(ends.get(FRACTION)).toMatchObject({
      status: "SUCCEEDED",
      states: ["Beat", ...WITHOUT_INSTANT, ...END],
    });
  });
});

function expectGaps(invocations: readonly Invocation[], least: readonly number[], early: number): void {
  const starts = invocations.map(({ at }) => at / 1000);
  const gaps = starts.slice(1).map((at, n) => at - (starts[n] ?? 0));
  expect(gaps).toHaveLength(least.length);
  for (const [n, gap] of gaps.entries()) {
    expect(gap).toBeGreaterThan((least[n] ?? 0) - early);
    expect(gap).toBeLessThan((least[n] ?? 0) + SLACK_SECONDS);
  }
}

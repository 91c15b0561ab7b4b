/** Runs the synthesized definition of a state machine; its Lambda tasks go through the gateway as any other call. */
import { randomUUID } from "node:crypto";
import {
  InvokeCommand,
  LambdaClient,
  LambdaServiceException,
  type InvokeCommandOutput,
} from "@aws-sdk/client-lambda";
import { StateMachine, type StateMachineDefinition } from "aws-local-stepfunctions";
import { isRecord, textOf } from "./values.ts";
import type { StateMachineModel } from "./template/deployment.ts";
import type { Place } from "./template/place.ts";

export interface Execution {
  readonly arn: string;
  readonly name: string;
  readonly startedAt: number;
  status: "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";
  endedAt?: number;
  error?: string;
  /** The state that it is in. */
  state: string;
}

type Json = Parameters<StateMachine["run"]>[0];

const LAMBDA_INVOKE = "arn:aws:states:::lambda:invoke";
/** Longest life of an Express execution. */
const EXPRESS_SECONDS = 300;
/** What the interpreter reads of a definition; what it would ignore must be refused here. */
const IGNORED_FIELDS = ["QueryLanguage", "Assign", "HeartbeatSeconds", "HeartbeatSecondsPath", "Credentials"];
const KEPT_EXECUTIONS = 100;

export class StateMachineRunner {
  readonly model: StateMachineModel;
  readonly executions: Execution[] = [];
  readonly #machine: StateMachine;
  readonly #definition: StateMachineDefinition;
  readonly #client: LambdaClient;
  readonly #place: Place;
  readonly #running = new Set<{ abort: () => void; ended: Promise<void> }>();

  constructor(model: StateMachineModel, client: LambdaClient, place: Place) {
    this.model = model;
    this.#client = client;
    this.#place = place;
    this.#definition = checkedDefinition(model);
    this.#machine = new StateMachine(this.#definition);
  }

  /** Starts an execution; it goes on by itself. */
  start(input: unknown, name: string = randomUUID()): Execution {
    const kind = this.model.type === "EXPRESS" ? "express" : "execution";
    const base = `arn:aws:states:${this.#place.region}:${this.#place.account}:${kind}:${this.model.name}:${name}`;
    const execution: Execution = {
      arn: kind === "express" ? `${base}:${randomUUID()}` : base,
      name,
      startedAt: Date.now(),
      status: "RUNNING",
      state: this.#definition.StartAt,
    };
    this.executions.push(execution);
    if (this.executions.length > KEPT_EXECUTIONS) this.executions.shift();
    const run = this.#machine.run(input as Json, {
      context: {
        Execution: { Id: execution.arn, Name: name },
        StateMachine: { Id: this.model.arn, Name: this.model.name },
      },
      overrides: { taskResourceLocalHandlers: this.#handlers() },
    });
    const follow = this.#follow(execution, run);
    const entry = { abort: run.abort, ended: follow };
    this.#running.add(entry);
    void follow.finally(() => this.#running.delete(entry));
    return execution;
  }

  async close(): Promise<void> {
    const running = [...this.#running];
    for (const { abort } of running) abort();
    await Promise.all(running.map(({ ended }) => ended));
  }

  async #follow(execution: Execution, run: ReturnType<StateMachine["run"]>): Promise<void> {
    let expired = false;
    const limit = setTimeout(() => {
      expired = true;
      run.abort();
    }, EXPRESS_SECONDS * 1000);
    const events = this.#watch(execution, run);
    try {
      await run.result;
      execution.status = "SUCCEEDED";
    } catch (error) {
      const name = error instanceof Error ? error.name : "";
      const timedOut = expired || name === "ExecutionTimeoutError";
      execution.status = timedOut ? "TIMED_OUT" : name === "ExecutionAbortedError" ? "ABORTED" : "FAILED";
      execution.error = timedOut ? "States.Timeout" : describe(error);
    } finally {
      clearTimeout(limit);
      execution.endedAt = Date.now();
    }
    void events;
  }

  /** The interpreter keeps its events until somebody takes them. */
  async #watch(execution: Execution, run: ReturnType<StateMachine["run"]>): Promise<void> {
    for await (const event of run.eventLogs) {
      if (event.type === "StateEntered") execution.state = event.state.name;
    }
  }

  #handlers(): Record<string, (input: Json) => Promise<Json>> {
    const tasks = Object.entries(this.#definition.States).filter(([, state]) => state.Type === "Task");
    return Object.fromEntries(tasks.map(([name]) => [name, (input) => this.#invoke(input)]));
  }

  async #invoke(input: Json): Promise<Json> {
    const task = isRecord(input) ? input : {};
    let output: InvokeCommandOutput;
    try {
      output = await this.#client.send(
        new InvokeCommand({
          FunctionName: textOf(task["FunctionName"]),
          Payload: JSON.stringify(task["Payload"] ?? {}),
          ...(typeof task["Qualifier"] === "string" ? { Qualifier: task["Qualifier"] } : {}),
        }),
      );
    } catch (error) {
      throw taskError(error);
    }
    const text = Buffer.from(output.Payload ?? []).toString("utf8");
    if (output.FunctionError !== undefined) throw functionError(text);
    return {
      ExecutedVersion: output.ExecutedVersion ?? "$LATEST",
      Payload: text === "" ? null : (JSON.parse(text) as Json),
      StatusCode: output.StatusCode ?? 200,
    };
  }
}

/** The error's name and message; the interpreter wraps what made the execution fail. */
function describe(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
}

/** An error under the name by which `Retry` and `Catch` know it. */
function named(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

/** The function failed: its own error type names the error, `Lambda.Unknown` where it has none. */
function functionError(payload: string): Error {
  let parsed: unknown;
  try {
    parsed = JSON.parse(payload);
  } catch {
    parsed = {};
  }
  const type = isRecord(parsed) ? parsed["errorType"] : undefined;
  return named(typeof type === "string" && type !== "" ? type : "Lambda.Unknown", payload);
}

/** The function was not reached: by the names of Step Functions' own integration. */
function taskError(error: unknown): Error {
  if (!(error instanceof LambdaServiceException)) return named("Lambda.SdkClientException", String(error));
  const service = error.$fault === "server" ? "Lambda.ServiceException" : `Lambda.${error.name}`;
  return named(error.name === "AWSLambdaException" ? "Lambda.AWSLambdaException" : service, error.message);
}

function checkedDefinition(model: StateMachineModel): StateMachineDefinition {
  const definition = JSON.parse(model.definition) as StateMachineDefinition & Record<string, unknown>;
  const refuse = (what: string): never => {
    throw new Error(`the sandbox does not implement ${what} (state machine ${model.name})`);
  };
  for (const field of IGNORED_FIELDS) if (Object.hasOwn(definition, field)) refuse(field);
  for (const [name, state] of Object.entries(definition.States)) {
    for (const field of IGNORED_FIELDS)
      if (Object.hasOwn(state, field)) refuse(`${field} in the state "${name}"`);
    if (state.Type === "Task" && state.Resource !== LAMBDA_INVOKE) {
      refuse(`the resource ${state.Resource} in the state "${name}"`);
    }
    if (state.Type === "Map" || state.Type === "Parallel")
      refuse(`the type ${state.Type} of the state "${name}"`);
  }
  return definition;
}

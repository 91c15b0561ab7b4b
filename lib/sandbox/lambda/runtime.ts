/** Lambda's side of a function: which environment runs an invocation, asynchronous retries, log lines. */
import { randomUUID } from "node:crypto";
import { AwsError } from "../gateway/aws-error.ts";
import type { FunctionModel } from "../template/deployment.ts";
import { recordOf, textOf } from "../values.ts";
import { ExecutionEnvironment, type Outcome } from "./environment.ts";

export interface LogLine {
  /** Unix milliseconds. */
  readonly at: number;
  readonly functionName: string;
  readonly requestId: string;
  readonly text: string;
}

export interface RuntimeOptions {
  readonly endpoint: string;
  readonly region: string;
  /** A path by which leftovers of a killed sandbox are found. */
  readonly mark: string;
  readonly onLine: (line: LogLine) => void;
  /** The pauses before the first and the second repetition of a failed asynchronous invocation. */
  readonly asyncRetryMilliseconds?: readonly number[];
}

export interface InvokeResult extends Outcome {
  readonly requestId: string;
  readonly executedVersion: string;
  readonly milliseconds: number;
  /** The invocation's log, as Lambda's log tail has it. */
  readonly log: string;
}

/** Lambda waits for one minute, then for two. */
const ASYNC_RETRY_MILLISECONDS = [60_000, 120_000];
const LATEST = "$LATEST";
/** Access keys of execution environments begin so. */
const FUNCTION_KEY_PREFIX = "ASIASANDBOX";

export class LambdaRuntime {
  #functions: readonly FunctionModel[];
  readonly #options: RuntimeOptions;
  readonly #idle = new Map<string, ExecutionEnvironment[]>();
  readonly #all = new Set<ExecutionEnvironment>();
  readonly #keys = new Map<string, string>();
  readonly #busy = new Map<string, number>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #made = 0;
  #closed = false;

  constructor(functions: readonly FunctionModel[], options: RuntimeOptions) {
    this.#functions = functions;
    this.#options = options;
  }

  get functions(): readonly FunctionModel[] {
    return this.#functions;
  }

  /** From now on these are the functions: no new invocation runs the code before; one that is under way ends with it. */
  async update(functions: readonly FunctionModel[]): Promise<void> {
    this.#functions = functions;
    const warm = [...this.#idle.values()].flat();
    this.#idle.clear();
    for (const environment of warm) this.#all.delete(environment);
    await Promise.all(warm.map((environment) => environment.close()));
  }

  /** The function by name or ARN, with or without a qualifier in it; refuses an unknown one as Lambda does. */
  find(nameOrArn: string, qualifier?: string): { model: FunctionModel; qualifier: string; version: string } {
    const parts = nameOrArn.startsWith("arn:") ? nameOrArn.split(":").slice(6) : nameOrArn.split(":");
    const [name = "", inArn] = parts;
    const wanted = qualifier ?? inArn ?? LATEST;
    const model = this.#functions.find((one) => one.name === name);
    const version = model === undefined ? undefined : versionOf(model, wanted);
    if (model === undefined || version === undefined) {
      const region = this.#options.region;
      const arn = model?.arn ?? `arn:aws:lambda:${region}:000000000000:function:${name}`;
      throw new AwsError(
        "ResourceNotFoundException",
        `Function not found: ${arn}${wanted === LATEST ? "" : `:${wanted}`}`,
        { status: 404 },
      );
    }
    return { model, qualifier: wanted, version };
  }

  async invoke(nameOrArn: string, qualifier: string | undefined, payload: string): Promise<InvokeResult> {
    const found = this.find(nameOrArn, qualifier);
    this.#reserve(found.model);
    const requestId = randomUUID();
    const environment = this.#take(found.model, found.version);
    const lines: string[] = [`START RequestId: ${requestId} Version: ${found.version}`];
    const started = Date.now();
    environment.onLine = (text) => {
      lines.push(text);
      this.#options.onLine({ at: Date.now(), functionName: found.model.name, requestId, text });
    };
    try {
      const arn = found.qualifier === LATEST ? found.model.arn : `${found.model.arn}:${found.qualifier}`;
      const outcome = await environment.invoke({ requestId, arn, payload });
      const milliseconds = Date.now() - started;
      if (outcome.functionError !== undefined) environment.onLine(errorLine(requestId, outcome.payload));
      lines.push(
        `END RequestId: ${requestId}`,
        `REPORT RequestId: ${requestId}\tDuration: ${milliseconds} ms\tMemory Size: ${found.model.memoryMegabytes} MB`,
      );
      return { ...outcome, requestId, executedVersion: found.version, milliseconds, log: lines.join("\n") };
    } finally {
      this.#give(found.model, found.version, environment);
    }
  }

  /** An asynchronous invocation: accepted at once, run afterwards, repeated where it fails. */
  invokeLater(nameOrArn: string, qualifier: string | undefined, payload: string): void {
    const { model } = this.find(nameOrArn, qualifier);
    const pauses = (this.#options.asyncRetryMilliseconds ?? ASYNC_RETRY_MILLISECONDS).slice(
      0,
      model.asyncRetries,
    );
    const attempt = async (left: readonly number[]): Promise<void> => {
      const failed = await this.invoke(nameOrArn, qualifier, payload).then(
        (result) => result.functionError !== undefined,
        () => true,
      );
      const [pause, ...more] = left;
      if (!failed || pause === undefined || this.#closed) return;
      this.#later(pause, () => void attempt(more));
    };
    this.#later(0, () => void attempt(pauses));
  }

  /** The name of the function whose environment has this access key. */
  functionOf(accessKey: string): string | undefined {
    return this.#keys.get(accessKey);
  }

  /** Ends the environment that this access key names: the process is gone between two of its instructions. */
  killEnvironment(accessKey: string): boolean {
    for (const environment of this.#all) {
      if (environment.accessKey !== accessKey) continue;
      environment.kill();
      return true;
    }
    return false;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all([...this.#all].map((environment) => environment.close()));
    this.#all.clear();
  }

  #later(milliseconds: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, milliseconds);
    this.#timers.add(timer);
  }

  #reserve(model: FunctionModel): void {
    const running = this.#busy.get(model.name) ?? 0;
    if (model.reservedConcurrency !== undefined && running >= model.reservedConcurrency) {
      throw new AwsError("TooManyRequestsException", "Rate Exceeded.", {
        status: 429,
        members: { Reason: "ReservedFunctionConcurrentInvocationLimitExceeded", Type: "User" },
      });
    }
    this.#busy.set(model.name, running + 1);
  }

  #take(model: FunctionModel, version: string): ExecutionEnvironment {
    const idle = this.#idle.get(`${model.name}:${version}`) ?? [];
    for (let warm = idle.pop(); warm !== undefined; warm = idle.pop()) {
      if (!warm.dead) return warm;
      this.#all.delete(warm);
    }
    this.#made += 1;
    const environment = new ExecutionEnvironment({
      model,
      version,
      endpoint: this.#options.endpoint,
      region: this.#options.region,
      accessKey: `${FUNCTION_KEY_PREFIX}${String(this.#made).padStart(9, "0")}`,
      logStream: `sandbox/[${version}]/${this.#made}`,
      mark: this.#options.mark,
    });
    this.#all.add(environment);
    this.#keys.set(environment.accessKey, model.name);
    return environment;
  }

  #give(model: FunctionModel, version: string, environment: ExecutionEnvironment): void {
    this.#busy.set(model.name, (this.#busy.get(model.name) ?? 1) - 1);
    if (environment.dead || !this.#functions.includes(model)) {
      this.#all.delete(environment);
      void environment.close();
      return;
    }
    environment.freeze();
    const key = `${model.name}:${version}`;
    this.#idle.set(key, [...(this.#idle.get(key) ?? []), environment]);
  }
}

/** Lambda's own line in the log of an invocation that failed, in its JSON format. */
function errorLine(requestId: string, payload: string): string {
  const { errorType, errorMessage, trace } = recordOf(JSON.parse(payload));
  return JSON.stringify({
    timestamp: new Date().toISOString(),
    level: "ERROR",
    requestId,
    message: `${textOf(errorType)}: ${textOf(errorMessage)}`,
    stackTrace: trace,
  });
}

function versionOf(model: FunctionModel, qualifier: string): string | undefined {
  if (qualifier === LATEST) return LATEST;
  if (model.versions.includes(qualifier)) return qualifier;
  return Object.hasOwn(model.aliases, qualifier) ? model.aliases[qualifier] : undefined;
}

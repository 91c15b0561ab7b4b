/** One Lambda execution environment: a child process that runs the bundled asset, one invocation at a time. */
import { fork, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { FunctionModel } from "../template/deployment.ts";

export interface EnvironmentOptions {
  readonly model: FunctionModel;
  readonly version: string;
  readonly endpoint: string;
  readonly region: string;
  /** Names this environment in its calls to the gateway. */
  readonly accessKey: string;
  readonly logStream: string;
  /** A path on the command line, by which leftovers of a killed sandbox are found. */
  readonly mark: string;
}

export interface Outcome {
  /** JSON text. */
  readonly payload: string;
  readonly functionError?: "Handled" | "Unhandled";
}

interface Invocation {
  readonly requestId: string;
  readonly arn: string;
  readonly payload: string;
}

const BOOTSTRAP = fileURLToPath(new URL("bootstrap.mjs", import.meta.url));
/** Of the function's memory, what V8 may use for its heap. */
const HEAP_SHARE = 0.9;

export class ExecutionEnvironment {
  readonly accessKey: string;
  /** Where the lines of the invocation that runs now go. */
  onLine: (line: string) => void = () => undefined;
  readonly #model: FunctionModel;
  readonly #child: ChildProcess;
  readonly #ready: Promise<Outcome | undefined>;
  readonly #exited: Promise<void>;
  #dead = false;
  #doomed = false;
  #exitReason = "";
  #settle: ((outcome: Outcome) => void) | undefined;
  #currentRequest = "";
  #answered: { outcome: Outcome; requestId: string } | undefined;
  #outputEnded = "";

  constructor(options: EnvironmentOptions) {
    this.accessKey = options.accessKey;
    this.#model = options.model;
    this.#child = fork(BOOTSTRAP, [options.model.codeDirectory, options.model.handler, options.mark], {
      execPath: process.execPath,
      execArgv: [`--max-old-space-size=${Math.floor(options.model.memoryMegabytes * HEAP_SHARE)}`],
      cwd: options.model.codeDirectory,
      env: environmentOf(options),
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.#exited = new Promise((resolve) => {
      this.#child.once("exit", (code, signal) => {
        this.#exit(signal === null ? `exit status ${code}` : `signal: ${signal}`);
        resolve();
      });
    });
    this.#ready = this.#listen();
  }

  /** Whether it has ended or is about to: it takes no further invocation. */
  get dead(): boolean {
    return this.#dead || this.#doomed;
  }

  /** Runs one invocation; ends the environment where it outlives the function's timeout. */
  async invoke(invocation: Invocation): Promise<Outcome> {
    this.#child.kill("SIGCONT");
    const failedInit = await this.#ready;
    if (failedInit !== undefined) return failedInit;
    const limit = this.#model.timeoutSeconds * 1000;
    const deadline = Date.now() + limit;
    let timer: NodeJS.Timeout | undefined;
    const outcome = await new Promise<Outcome>((resolve) => {
      this.#settle = resolve;
      if (this.#dead) {
        resolve(exitOutcome(invocation.requestId, this.#exitReason));
        return;
      }
      timer = setTimeout(() => {
        this.#settle = undefined;
        resolve(timeoutOutcome(invocation.requestId, this.#model.timeoutSeconds));
        this.kill();
      }, limit);
      this.#answered = undefined;
      this.#currentRequest = invocation.requestId;
      this.#child.send({ ...invocation, deadline });
    });
    clearTimeout(timer);
    this.#settle = undefined;
    return outcome;
  }

  /** Between two invocations Lambda freezes the environment: its memory stays, its timers do not run. */
  freeze(): void {
    if (!this.dead) this.#child.kill("SIGSTOP");
  }

  kill(): void {
    this.#doomed = true;
    this.#child.kill("SIGKILL");
  }

  async close(): Promise<void> {
    this.kill();
    await this.#exited;
  }

  #listen(): Promise<Outcome | undefined> {
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on("line", (line) => this.#line(line));
    }
    return new Promise((resolve) => {
      this.#child.once("exit", () => resolve(exitOutcome("", this.#exitReason)));
      this.#child.on("message", (message: { kind: string; payload: string; requestId: string }) => {
        if (message.kind === "ready") resolve(undefined);
        else if (message.kind === "init-failed") {
          resolve({ payload: message.payload, functionError: "Unhandled" });
        } else this.#answer(message);
      });
    });
  }

  #line(line: string): void {
    if (!line.startsWith("\u0000")) {
      this.onLine(line);
      return;
    }
    this.#outputEnded = line.slice(1);
    this.#finish();
  }

  #answer(message: { kind: string; payload: string; requestId: string }): void {
    const outcome: Outcome =
      message.kind === "done"
        ? { payload: message.payload }
        : { payload: message.payload, functionError: "Unhandled" };
    this.#answered = { outcome, requestId: message.requestId };
    this.#finish();
  }

  #finish(): void {
    if (this.#answered === undefined || this.#outputEnded !== this.#answered.requestId) return;
    this.#settle?.(this.#answered.outcome);
  }

  #exit(reason: string): void {
    this.#dead = true;
    this.#exitReason = reason;
    this.#settle?.(exitOutcome(this.#currentRequest, reason));
  }
}

function exitOutcome(requestId: string, reason: string): Outcome {
  return unhandled(
    "Runtime.ExitError",
    `RequestId: ${requestId} Error: Runtime exited with error: ${reason}`,
  );
}

function timeoutOutcome(requestId: string, seconds: number): Outcome {
  return unhandled(
    "Sandbox.Timedout",
    `RequestId: ${requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`,
  );
}

function unhandled(errorType: string, errorMessage: string): Outcome {
  return { payload: JSON.stringify({ errorType, errorMessage }), functionError: "Unhandled" };
}

/** What the function finds in its environment: Lambda's own variables and the template's, nothing of the developer's. */
function environmentOf(options: EnvironmentOptions): Record<string, string> {
  const { model } = options;
  return {
    PATH: "/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin",
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    LAMBDA_TASK_ROOT: model.codeDirectory,
    _HANDLER: model.handler,
    AWS_EXECUTION_ENV: `AWS_Lambda_${model.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: model.name,
    AWS_LAMBDA_FUNCTION_VERSION: options.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(model.memoryMegabytes),
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${model.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: options.logStream,
    AWS_REGION: options.region,
    AWS_DEFAULT_REGION: options.region,
    AWS_ACCESS_KEY_ID: options.accessKey,
    AWS_SECRET_ACCESS_KEY: "sandbox",
    AWS_SESSION_TOKEN: "sandbox",
    AWS_ENDPOINT_URL: options.endpoint,
    ...model.environment,
  };
}

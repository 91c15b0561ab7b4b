/** MiniStack, an emulator of AWS from PyPI, on a loopback port of its own, with all that it writes in one folder. */
import { type ChildProcess, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { PythonEnvironment } from "../python.ts";
import { PROJECT, spawnMiniStack } from "./process.ts";

export const ACCOUNT = "000000000000";
export const REGION = "us-east-1";

export interface Ran {
  readonly status: number | null;
  readonly output: string;
}

export class Emulator {
  readonly #folder: string;
  readonly #child: ChildProcess;
  readonly #env: Readonly<Record<string, string>>;
  readonly #aws: string;

  private constructor(folder: string, child: ChildProcess, env: Record<string, string>, aws: string) {
    this.#folder = folder;
    this.#child = child;
    this.#env = env;
    this.#aws = aws;
  }

  static async start(
    folder: string,
    ministack: PythonEnvironment,
    judges: PythonEnvironment,
  ): Promise<Emulator> {
    const { child, port, base } = await spawnMiniStack(folder, ministack);
    const env = {
      ...base,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_EC2_METADATA_DISABLED: "true",
      /** The tool remembers which account a key belongs to. */
      CDK_HOME: base.HOME,
      CDK_DISABLE_CLI_TELEMETRY: "true",
      CI: "true",
    };
    const emulator = new Emulator(folder, child, env, judges.program("aws"));
    await emulator.#answers();
    return emulator;
  }

  stop(): void {
    if (this.#child.pid !== undefined && this.#child.exitCode === null) process.kill(-this.#child.pid);
  }

  /** The pinned command-line tool of the CDK, in the project, as a person runs it. */
  cdk(...args: readonly string[]): Ran {
    return this.#run(join(PROJECT, "node_modules/.bin/cdk"), args, PROJECT);
  }

  /** Elsewhere than in a CDK project: for what needs no app. */
  cdkWithoutApp(...args: readonly string[]): Ran {
    return this.#run(join(PROJECT, "node_modules/.bin/cdk"), args, join(this.#folder, "home"));
  }

  /** One call by the AWS command-line tool; its answer. @throws where it fails. */
  aws(...args: readonly string[]): unknown {
    const { status, stdout, stderr } = spawnSync(this.#aws, [...args, "--output", "json"], {
      encoding: "utf8",
      env: this.#env,
    });
    if (status !== 0) throw new Error(`aws ${args.join(" ")}: ${stderr.trim()}`);
    return stdout.trim() === "" ? undefined : JSON.parse(stdout);
  }

  /** Invokes through an alias; the answer's payload. */
  invoke(functionName: string, alias: string, payload: object): unknown {
    const file = join(this.#folder, "payload.json");
    const target = ["--function-name", `${functionName}:${alias}`];
    this.aws("lambda", "invoke", ...target, "--payload", JSON.stringify(payload), file);
    return JSON.parse(readFileSync(file, "utf8"));
  }

  #run(program: string, args: readonly string[], cwd: string): Ran {
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", env: this.#env, cwd });
    return { status, output: `${stdout}${stderr}` };
  }

  async #answers(): Promise<void> {
    const end = Date.now() + 60_000;
    for (;;) {
      const { status } = spawnSync(this.#aws, ["sts", "get-caller-identity"], { env: this.#env });
      if (status === 0) return;
      if (Date.now() > end || this.#child.exitCode !== null) {
        throw new Error(
          `MiniStack does not answer: ${readFileSync(join(this.#folder, "ministack.log"), "utf8")}`,
        );
      }
      await new Promise((resolve) => {
        setTimeout(resolve, 200);
      });
    }
  }
}

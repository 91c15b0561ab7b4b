/**
 * Python programs that judge what the project makes, each set in an environment of its own below the user's cache:
 * nothing of the machine's Python is touched, and nothing is installed twice.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** The packages of each environment, pinned: a newer judge is a change that somebody makes on purpose. */
const ENVIRONMENTS = {
  /** AWS's service models, the AWS CLI, and the linter of templates. */
  judges: ["botocore==1.44.8", "awscli==1.46.3", "cfn-lint==1.58.0"],
  /** The emulator into which the app is deployed. */
  ministack: ["ministack[full]==1.5.33"],
  /** A third DynamoDB, beside MiniStack's and the one that the sandbox embeds. */
  moto: ["moto[server,dynamodb]==5.2.5"],
} as const;

export type EnvironmentName = keyof typeof ENVIRONMENTS;

export interface PythonEnvironment {
  /** The path of one of its programs. */
  readonly program: (name: string) => string;
}

const CACHE = join(
  process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"),
  "scheduler-failover-controller",
);
/** MiniStack needs it; the others are content with less. */
const OLDEST = "3.11";

/** The environment, made if it is not there yet; undefined, said aloud, on a machine without a Python for it. */
export const pythonEnvironment = (name: EnvironmentName): PythonEnvironment | undefined => {
  const python = findPython();
  if (python === undefined) {
    console.error(
      `\u001B[33mNOT RUN on this machine: ${name} needs python3 ${OLDEST} or newer with venv (apt-get install python3-venv)\u001B[39m`,
    );
    return undefined;
  }
  const packages = ENVIRONMENTS[name];
  const hash = createHash("sha256")
    .update(JSON.stringify([python, packages]))
    .digest("hex")
    .slice(0, 8);
  const folder = join(CACHE, `python-${name}-${hash}`);
  /** Written last, so that a half-made environment is not taken for one. */
  const complete = join(folder, "complete");
  if (!existsSync(complete)) install(python, folder, packages, complete);
  return { program: (program) => join(folder, "bin", program) };
};

const findPython = (): string | undefined => {
  const probe = `import sys, venv, ensurepip; print(sys.version.split()[0]) if sys.version_info >= (${OLDEST.replace(".", ",")}) else sys.exit(1)`;
  const { status, stdout } = spawnSync("python3", ["-c", probe], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
};

/** In place, since an environment cannot be moved: its programs name their interpreter by its path. */
const install = (python: string, folder: string, packages: readonly string[], complete: string): void => {
  console.error(`installing ${packages.join(", ")} for Python ${python} into ${folder}`);
  mkdirSync(CACHE, { recursive: true });
  rmSync(folder, { recursive: true, force: true });
  run("python3", ["-m", "venv", folder]);
  run(join(folder, "bin/pip"), ["install", "--quiet", "--disable-pip-version-check", ...packages]);
  writeFileSync(`${complete}.new`, "");
  renameSync(`${complete}.new`, complete);
};

const run = (program: string, args: readonly string[]): void => {
  const { status, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} failed: ${error?.message ?? stderr}`);
};

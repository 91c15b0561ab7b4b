/** Somebody else's project: the example, copied out of here, with the packed package installed in it. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
export const BIN = join(ROOT, "node_modules/.bin");

/** What a project has beside the package; everything else of ours, the bundler above all, it must not need. */
const THEIR_PACKAGES = ["aws-cdk-lib", "constructs", "@types/node", "undici-types"];

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

export interface Project {
  readonly directory: string;
  /** Paths in the package. */
  readonly files: readonly string[];
  remove(): void;
}

/** Builds, packs and installs. Nothing is fetched. */
export function makeProject(): Project {
  const directory = mkdtempSync(join(tmpdir(), "their-project-"));
  execFileSync(join(BIN, "tsx"), ["lib/package/build.ts"], { cwd: ROOT, stdio: "inherit" });
  const [packed] = JSON.parse(
    npm(ROOT, "pack", "--ignore-scripts", "--json", "--pack-destination", directory),
  ) as [Packed];
  // As npm unpacks it, by itself: what else the project has is at hand already, and cannot be fetched here.
  writeFileSync(join(directory, "package.json"), "{}");
  npm(
    directory,
    "install",
    "--offline",
    "--legacy-peer-deps",
    "--ignore-scripts",
    join(directory, packed.filename),
  );
  cpSync(join(ROOT, "examples/airflow"), directory, { recursive: true });
  for (const name of THEIR_PACKAGES) {
    const link = join(directory, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), link);
  }
  return {
    directory,
    files: packed.files.map(({ path }) => path),
    remove: () => rmSync(directory, { recursive: true }),
  };
}

function npm(cwd: string, ...args: readonly string[]): string {
  return execFileSync("npm", [...args, "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd,
    encoding: "utf8",
  });
}

export interface Run {
  readonly status: number | null;
  readonly output: string;
}

export function run(
  directory: string,
  program: string,
  args: readonly string[],
  more: NodeJS.ProcessEnv = {},
): Run {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: directory,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: directory, ...more },
  });
  return { status, output: `${stdout}${stderr}`.trim() };
}

export const compile = (directory: string, ...options: readonly string[]): Run =>
  run(directory, join(BIN, "tsc"), ["-p", ".", ...options]);

/** Every Node on this machine that a user may have: the project's, and the system's where it is another one. */
export function nodes(): readonly (readonly [version: string, path: string])[] {
  const paths = [
    process.execPath,
    ...(process.env["PATH"] ?? "").split(":").map((folder) => join(folder, "node")),
  ];
  const found = new Map<string, string>();
  for (const path of paths) {
    const { status, stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
    if (status === 0 && !found.has(stdout.trim())) found.set(stdout.trim(), path);
  }
  return [...found].filter(([version]) => Number(/^v(\d+)/.exec(version)?.[1]) >= 20);
}

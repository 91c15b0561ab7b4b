/** Compilers beside the project's own, which projects still have; each is installed once below the user's cache. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const CACHE = join(
  process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"),
  "scheduler-failover-controller",
);

/** The path of that TypeScript's `tsc`; undefined, said aloud, where it is not there and npm cannot fetch it. */
export function compilerOf(version: string): string | undefined {
  const folder = join(CACHE, `typescript-${version}`);
  const program = join(folder, "node_modules/typescript/bin/tsc");
  if (existsSync(program) || install(version, folder)) return program;
  console.error(`\u001B[33mNOT RUN on this machine: npm cannot fetch TypeScript ${version}\u001B[39m`);
  return undefined;
}

/** Beside its place at first, so that a half-made one is not taken for one. */
function install(version: string, folder: string): boolean {
  const half = `${folder}.new`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(half, { recursive: true });
  const quietly = ["--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts"];
  const { status } = spawnSync("npm", ["install", "--prefix", half, ...quietly, `typescript@${version}`], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status === 0) renameSync(half, folder);
  return status === 0;
}

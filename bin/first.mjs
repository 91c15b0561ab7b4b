// What `npm start` and `npm test` begin with: plain JavaScript that any Node from 20 on runs with nothing installed.
// Checks the platform, installs the packages if the lock file has changed since, and runs the npm script that was
// asked for with the project's own tools, its Node among them, first on the path.
//
//   node bin/first.mjs SCRIPT [ARGUMENT...]
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  linkSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));
/** The lowest Node that can install the packages; what runs afterwards is the one among them. */
const LOWEST_NODE = 20;
const WAIT_MILLISECONDS = 500;

/** What is wrong with this machine, or undefined. `system` is for tests. */
export function platformFault(system = thisSystem()) {
  if (Number(system.node.split(".")[0]) < LOWEST_NODE) {
    return `this needs Node ${LOWEST_NODE} or later, and this is Node ${system.node}: https://nodejs.org`;
  }
  if (system.platform !== "linux") {
    return `this needs Linux, and this is ${system.platform}: the nodes are played by Linux processes. A container or a virtual machine will do.`;
  }
  if (system.glibc === undefined) {
    return "this needs a Linux with glibc (Debian, Ubuntu, Fedora, Amazon Linux, ...), and this one has another C library: the packages hold programs built for glibc.";
  }
  return undefined;
}

function thisSystem() {
  return {
    node: process.versions.node,
    platform: process.platform,
    glibc: process.platform === "linux" ? process.report.getReport().header.glibcVersionRuntime : undefined,
  };
}

/** Names the state of the packages that the lock file asks for. */
export function wantedStamp(project) {
  return createHash("sha256")
    .update(readFileSync(join(project, "package-lock.json")))
    .digest("hex");
}

export function isInstalled(project) {
  try {
    return readFileSync(join(project, "node_modules/.installed"), "utf8").trim() === wantedStamp(project);
  } catch {
    return false;
  }
}

/** When a process started, in clock ticks since boot; with its id it names one process for ever. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/**
 * Takes the lock file, or says who holds it. A lock whose process is dead is taken over: it is moved away first, and
 * only one of several takers can move it.
 */
export function tryLock(file) {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, `${process.pid} ${startOf(process.pid)}`);
  try {
    linkSync(own, file);
    return undefined;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  } finally {
    unlinkSync(own);
  }
  return takeOver(file);
}

function takeOver(file) {
  let holder;
  try {
    holder = readFileSync(file, "utf8");
  } catch {
    // It was given back this moment: the next try gets it.
    return "nobody";
  }
  const [pid, start] = holder.split(" ");
  if (start !== undefined && startOf(pid) === start) return pid;
  const aside = `${file}.${process.pid}.stale`;
  try {
    renameSync(file, aside);
    const moved = readFileSync(aside, "utf8");
    // Somebody else has taken it over between the reading and the moving: it is theirs again.
    if (moved !== holder) linkSync(aside, file);
  } catch {
    // Another one moved it first.
  } finally {
    rmSync(aside, { force: true });
  }
  return "nobody";
}

async function withLock(file, action) {
  let told = false;
  for (let holder = tryLock(file); holder !== undefined; holder = tryLock(file)) {
    if (holder === "nobody") continue;
    if (!told) console.log(`another process (${holder}) is installing the packages: waiting for it`);
    told = true;
    await sleep(WAIT_MILLISECONDS);
  }
  try {
    return await action();
  } finally {
    rmSync(file, { force: true });
  }
}

async function install(project) {
  if (isInstalled(project)) return 0;
  mkdirSync(join(project, ".sandbox"), { recursive: true });
  return await withLock(join(project, ".sandbox/install.lock"), async () => {
    if (isInstalled(project)) return 0;
    console.log("installing the packages (npm ci)");
    const code = await run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], project);
    if (code !== 0) return code;
    writeFileSync(join(project, "node_modules/.installed"), `${wantedStamp(project)}\n`);
    return 0;
  });
}

/** Runs a command to its end, hands it the signals that come here, and answers its exit status. */
function run(command, words, project, environment = process.env) {
  const child = spawn(command, words, { cwd: project, stdio: "inherit", env: environment });
  const relays = ["SIGTERM", "SIGHUP", "SIGINT"].map((name) => {
    // Ctrl-C reaches the child from the terminal by itself; one more would cut its tidying short.
    const relay = () => {
      if (name !== "SIGINT" || process.stdin.isTTY !== true) child.kill(name);
    };
    process.on(name, relay);
    return [name, relay];
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      for (const [name, relay] of relays) process.off(name, relay);
      resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]);
    });
  });
}

/** The shell's command for a script: replaced by the tool itself where it is one command, so that signals reach it. */
export function shellCommand(script) {
  return /[;&|<>()`$\n]/u.test(script) ? `${script} "$@"` : `exec ${script} "$@"`;
}

async function main([name, ...words]) {
  const fault = platformFault();
  if (fault !== undefined) {
    console.error(fault);
    return 2;
  }
  const { scripts } = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8"));
  if (name === undefined || scripts[name] === undefined) {
    console.error(
      `usage: node bin/first.mjs SCRIPT [ARGUMENT...]; SCRIPT is one of ${Object.keys(scripts).join(", ")}`,
    );
    return 2;
  }
  const installed = await install(PROJECT);
  if (installed !== 0) return installed;
  const path = [join(PROJECT, "node_modules/.bin"), process.env.PATH].join(":");
  return await run("sh", ["-c", shellCommand(scripts[name]), "sh", ...words], PROJECT, {
    ...process.env,
    PATH: path,
  });
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2));
}

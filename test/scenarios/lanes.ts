/** Plays scenarios in processes of their own, some at once, and shows how far each is. */
import { fork } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Assemblies, type DeploymentName } from "./deployments.ts";
import type { Result, Scenario, Word } from "./scenario.ts";

const CHILD = fileURLToPath(new URL("child.ts", import.meta.url));
/** Apart from the ports of sandboxes by hand and of other suites. */
const FIRST_PORT = 4701;

/** In the order given. Progress goes to standard error. `exchanges`: folder that gets each one's calls to the letter. */
export async function runAll(
  scenarios: readonly Scenario[],
  lanes: number,
  exchanges?: string,
): Promise<readonly Result[]> {
  const assemblies = new Assemblies();
  const removed = () => assemblies.remove();
  process.once("exit", removed);
  // The processes of the scenarios get the same signal and end their sandboxes; this one waits for them.
  const waiting = [...scenarios];
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => waiting.splice(0));
  }
  const progress = new Progress();
  try {
    progress.show("", "synthesizing and bundling what would be deployed");
    const made = await assemblies.make(new Set(scenarios.map(deploymentOf)));
    const results = new Map<string, Result>();
    const lane = async (index: number): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const assembly = made.get(deploymentOf(next)) ?? "";
        const calls = exchanges === undefined ? [] : [join(exchanges, `${next.name}.jsonl`)];
        const args = [String(FIRST_PORT + 10 * index), assembly, ...calls];
        const result = await playApart(next, args, progress);
        results.set(next.name, result);
        progress.line(`${result.failures.length === 0 ? "ok    " : "FAILED"} ${describe(result)}`);
      }
    };
    await Promise.all(Array.from({ length: Math.min(lanes, scenarios.length) }, (_, index) => lane(index)));
    return scenarios.flatMap(({ name }) => results.get(name) ?? []);
  } finally {
    progress.end();
  }
}

function deploymentOf({ deployment }: Scenario): DeploymentName {
  return deployment ?? "quick";
}

function describe({ name, seconds, figures, failures }: Result): string {
  const total = figures.total === undefined ? "" : `, total ${figures.total.toFixed(1)} s`;
  const [first = ""] = failures;
  return `${name}: took ${seconds.toFixed(0)} s${total}${first === "" ? "" : `\n       ${first}`}`;
}

async function playApart({ name }: Scenario, args: readonly string[], progress: Progress): Promise<Result> {
  const child = fork(CHILD, [name, ...args], { execArgv: [], stdio: ["ignore", 2, 2, "ipc"] });
  let result: Result | undefined;
  child.on("message", (word: Word) => {
    if (word.kind === "result") ({ result } = word);
    else progress.show(name, word.text);
  });
  const code = await new Promise<number | null>((resolve) => {
    child.once("exit", resolve);
  });
  progress.forget(name);
  return result ?? lost(name, code);
}

function lost(name: string, code: number | null): Result {
  const failures = [`its process ended with status ${code ?? "of a signal"} and told no result`];
  const figures = { withoutScheduler: 0, withTwo: 0, longestBlink: 0 };
  return { name, figures, seconds: 0, failures, story: [], folder: "" };
}

/** One line on a terminal that says what each lane waits for; elsewhere only what has ended. */
class Progress {
  readonly #now = new Map<string, string>();
  readonly #isTerminal = process.stderr.isTTY;

  show(name: string, text: string): void {
    this.#now.delete("");
    this.#now.set(name, name === "" ? text : `${name}: ${text}`);
    this.#draw();
  }

  forget(name: string): void {
    this.#now.delete(name);
    this.#draw();
  }

  line(text: string): void {
    this.#clear();
    process.stderr.write(`${text}\n`);
    this.#draw();
  }

  end(): void {
    this.#now.clear();
    this.#clear();
  }

  #clear(): void {
    if (this.#isTerminal) process.stderr.write("\r\u001B[K");
  }

  #draw(): void {
    if (!this.#isTerminal) return;
    this.#clear();
    process.stderr.write([...this.#now.values()].join(" | ").slice(0, process.stderr.columns - 1));
  }
}

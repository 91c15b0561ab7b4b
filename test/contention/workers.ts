/**
 * The processes that contend: each an execution environment with the bundled function in it, which gets its next
 * invocation as soon as it has answered the last, and a successor as soon as it is dead. No timeout ends one that is
 * frozen: Lambda would, after 20 s; the protocol does not rest on it.
 */
import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { Random } from "../simulation/random.ts";
import { arnOf, CLUSTER, environmentOf, NODES } from "./deployed.ts";

const BOOTSTRAP = fileURLToPath(new URL("../../lib/sandbox/lambda/bootstrap.mjs", import.meta.url));

/** Between two invocations of a process, in seconds: an idle tick answers within milliseconds. */
const BREATH = [0, 0.3] as const;

export interface WorkersOptions {
  readonly count: number;
  readonly codeDirectory: string;
  readonly endpoint: string;
  readonly table: string;
  readonly random: Random;
  readonly born: (worker: string, pid: number) => void;
  readonly ended: (worker: string) => void;
}

export class Workers {
  invocations = 0;
  /** Of the operators' actions, how many were taken up. */
  wishes = 0;
  /** Invocations that ended with an error, by its name. */
  readonly failures = new Map<string, number>();
  processes = 0;
  readonly #options: WorkersOptions;
  readonly #children = new Set<ChildProcess>();
  readonly #begun = performance.now();
  #ended = false;

  constructor(options: WorkersOptions) {
    this.#options = options;
    for (let n = 0; n < options.count; n += 1) this.#spawn();
  }

  /** Kills all of them, frozen or not. */
  async end(): Promise<void> {
    this.#ended = true;
    await Promise.all(
      [...this.#children].map(
        (child) =>
          new Promise((resolve) => {
            child.once("exit", resolve);
            child.kill("SIGKILL");
          }),
      ),
    );
  }

  #spawn(): void {
    const { codeDirectory, endpoint, table, born, ended, random } = this.#options;
    this.processes += 1;
    const worker = `W${this.processes}`;
    const child = fork(BOOTSTRAP, [codeDirectory, "index.handler"], {
      execArgv: [],
      cwd: codeDirectory,
      env: environmentOf(endpoint, table, worker),
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    if (child.pid === undefined) throw new Error("a worker was not started");
    born(worker, child.pid);
    this.#children.add(child);
    const draws = random.fork(worker);
    let execution = newExecution();
    child.on("message", (message: { kind: string; payload?: string }) => {
      if (message.kind === "init-failed")
        throw new Error(`a worker cannot load the function: ${message.payload}`);
      const answer = this.#hear(message);
      if (answer["done"] === true) execution = newExecution();
      setTimeout(
        () => this.#invoke(child, invocation(draws, execution, performance.now() - this.#begun)),
        draws.seconds(...BREATH),
      );
    });
    child.once("exit", () => {
      this.#children.delete(child);
      ended(worker);
      if (!this.#ended) this.#spawn();
    });
  }

  #hear({ kind, payload = "{}" }: { kind: string; payload?: string }): Record<string, unknown> {
    if (kind === "ready") return {};
    const answer = JSON.parse(payload) as Record<string, unknown>;
    if (kind === "failed") {
      const name = String(answer["errorType"]);
      this.failures.set(name, (this.failures.get(name) ?? 0) + 1);
    } else if (answer["code"] === "ACCEPTED") this.wishes += 1;
    return answer;
  }

  #invoke(child: ChildProcess, [alias, event]: readonly [string, object]): void {
    if (this.#ended || !child.connected) return;
    this.invocations += 1;
    const deadline = Date.now() + 20_000;
    const message = { requestId: randomUUID(), arn: arnOf(alias), deadline, payload: JSON.stringify(event) };
    child.send(message, () => undefined);
  }
}

interface Execution {
  readonly id: string;
  readonly startedAt: string;
}

/** Each worker is a loop, which begins anew when another one has superseded it. */
const newExecution = (): Execution => ({ id: randomUUID(), startedAt: new Date().toISOString() });

/**
 * In a storm most ticks are woken, so that they take over whatever another one holds. Between two storms loops and
 * operators are left alone for some seconds, so that a scheduler is started and moved at all.
 */
function invocation(random: Random, execution: Execution, age: number): readonly [string, object] {
  const kind = random.next();
  const storms = (age / 1000) % STORM.everySeconds < STORM.seconds;
  if (kind < (storms ? 0.8 : 0.05))
    return ["tick", { action: "wake", source: "ec2", instanceId: random.pick(NODES), state: "running" }];
  if (kind < 0.95) return ["tick", { action: "tick", execution }];
  const action = random.pick(["failover", "switchover"]);
  const wish = { action, cluster: CLUSTER, to: random.pick(NODES), reason: "contention", by: "contention" };
  return ["operate", wish];
}

const STORM = { everySeconds: 10, seconds: 4 } as const;

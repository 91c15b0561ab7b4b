/** Everything that the program needs of the world around it: a test scripts it, `real-io.ts` is the real one. */
import type { Instant } from "../core/model.ts";
import type { Connection, ConnectOptions } from "./connection.ts";

export interface Io {
  /** To standard output; a line break is added. */
  out(text: string): void;
  /** To standard error; a line break is added. */
  err(text: string): void;
  /** To standard output as it is, for a view that is drawn again in place. */
  draw(text: string): void;
  /** Whether standard output is a terminal, and how wide it is. */
  readonly outputIsTerminal: boolean;
  readonly columns: number;
  /** Whether a question can be asked. */
  readonly inputIsTerminal: boolean;
  /** Asks on standard error and answers the line that was typed; empty where the input has ended. */
  ask(question: string): Promise<string>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
  readonly user: string;
  readonly hostName: string;
  now(): Instant;
  /** Ends early where the person has pressed Ctrl-C. */
  sleep(milliseconds: number): Promise<void>;
  /** Whether the person has pressed Ctrl-C. */
  interrupted(): boolean;
  /** A new idempotency key. */
  newKey(): string;
  /** @throws CommandError where nothing can be reached */
  connect(options: ConnectOptions): Promise<Connection>;
  /** The id of the instance that this runs on; undefined where it is none. */
  instanceId(): Promise<string | undefined>;
}

/** 0: yes, or done. 1: no, or refused. 2: could not find out: usage, credentials, nobody answers. */
export type ExitCode = 0 | 1 | 2;

/** Something that the person can put right: what is wrong and what to do, and never a stack trace. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = 2, cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

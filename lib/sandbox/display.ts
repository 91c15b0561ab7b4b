/** Shows a sandbox to a person: one line for each event, the quiet beats in one line that is written over. */
import type { SandboxEvent } from "./events.ts";

export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const CLEAR_LINE = "\r\u001B[2K";
const DEFAULT_COLUMNS = 100;

export class Display {
  readonly #output: Output;
  #status = "";
  #lastTick = "";

  constructor(output: Output) {
    this.#output = output;
  }

  show(event: SandboxEvent): void {
    if (event.kind !== "tick") {
      this.line(`${clock(event.at)}  ${event.kind.padEnd(LONGEST_KIND)}  ${event.text}`);
      return;
    }
    const quiet = event.text === this.#lastTick;
    this.#lastTick = event.text;
    if (this.#output.isTTY === true) this.#setStatus(`${clock(event.at)}  ${event.text}`);
    else if (!quiet) this.line(`${clock(event.at)}  ${event.kind.padEnd(LONGEST_KIND)}  ${event.text}`);
  }

  /** A line that stays, above the status line. */
  line(text: string): void {
    if (this.#output.isTTY !== true) {
      this.#output.write(`${text}\n`);
      return;
    }
    this.#output.write(`${CLEAR_LINE}${text}\n${this.#status}`);
  }

  /** Leaves the status line behind. */
  end(): void {
    if (this.#status !== "") this.#output.write("\n");
    this.#status = "";
  }

  #setStatus(text: string): void {
    this.#status = text.slice(0, (this.#output.columns ?? DEFAULT_COLUMNS) - 1);
    this.#output.write(`${CLEAR_LINE}${this.#status}`);
  }
}

const LONGEST_KIND = "transition".length;

function clock(at: number): string {
  return new Date(at).toTimeString().slice(0, "hh:mm:ss".length);
}

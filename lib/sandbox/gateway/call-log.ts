import { appendFileSync } from "node:fs";

/** One AWS API call as it was made, for checks of permissions and behaviour afterwards. */
export interface CallRecord {
  /** Unix milliseconds. */
  readonly at: number;
  readonly caller: string;
  readonly service: string;
  readonly operation: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly status: number;
  readonly error?: string;
  readonly milliseconds: number;
}

/** Keeps every call in a file, one JSON line each, and the newest ones in memory. */
export class CallLog {
  readonly file: string;
  readonly recent: CallRecord[] = [];
  readonly #keep: number;

  constructor(file: string, keep = 2000) {
    this.file = file;
    this.#keep = keep;
  }

  add(record: CallRecord): void {
    this.recent.push(record);
    if (this.recent.length > this.#keep) this.recent.shift();
    appendFileSync(this.file, `${JSON.stringify(record)}\n`);
  }
}

/** What happens in a sandbox, as one stream: shown to the person, kept for tests and the console. */

export type EventKind =
  | "sandbox"
  | "fault"
  | "node"
  | "scheduler"
  | "mail"
  | "transition"
  | "tick"
  | "problem"
  | "execution";

export interface SandboxEvent {
  /** Unix milliseconds. */
  readonly at: number;
  readonly kind: EventKind;
  readonly text: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

const KEPT = 1_000;

export class EventStream {
  readonly recent: SandboxEvent[] = [];
  readonly #listeners = new Set<(event: SandboxEvent) => void>();

  tell(kind: EventKind, text: string, data?: Readonly<Record<string, unknown>>): void {
    const event: SandboxEvent = { at: Date.now(), kind, text, ...(data === undefined ? {} : { data }) };
    this.recent.push(event);
    if (this.recent.length > KEPT) this.recent.shift();
    for (const listener of this.#listeners) listener(event);
  }

  /** Answers what ends the listening. */
  listen(listener: (event: SandboxEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

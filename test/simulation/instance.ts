/** What EC2 says of one instance, now and a while ago: its answers are eventual. */
import type { Instant } from "../../lib/core/model.ts";

const GONE: ReadonlySet<string> = new Set(["stopped", "terminated"]);

export class InstanceModel {
  private readonly words: { readonly since: Instant; readonly word: string }[] = [];

  constructor(word: string, now: Instant) {
    this.words.push({ since: now, word });
  }

  say(word: string, now: Instant): void {
    this.words.push({ since: now, word });
    if (this.words.length > 6) this.words.shift();
  }

  get word(): string {
    return this.words.at(-1)?.word ?? "unknown";
  }

  /** Whether EC2 has said since then that it does not run. */
  wasGoneSince(instant: Instant): boolean {
    return (
      GONE.has(this.at(instant)) || this.words.some(({ since, word }) => since >= instant && GONE.has(word))
    );
  }

  /** The word that held at an instant. */
  at(instant: Instant): string {
    return this.words.findLast(({ since }) => since <= instant)?.word ?? this.words[0]?.word ?? "unknown";
  }
}

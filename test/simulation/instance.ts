/** What EC2 says of one instance, now and a while ago: its answers are eventual. */
import type { Instant } from "../../lib/core/model.ts";

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

  /** The word that held at an instant. */
  at(instant: Instant): string {
    return this.words.findLast(({ since }) => since <= instant)?.word ?? this.words[0]?.word ?? "unknown";
  }
}

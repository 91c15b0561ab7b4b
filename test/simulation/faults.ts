/** What goes wrong, drawn from the seed while a storm lasts; counted, and each one can be left out to shrink a story. */
import type { Random } from "./random.ts";

export interface Injected {
  readonly number: number;
  readonly kind: string;
}

export class Faults {
  /** Nothing goes wrong outside storms. */
  storm = false;
  /** How stormy this storm is: multiplies every probability. */
  strength = 1;
  readonly counts = new Map<string, number>();
  readonly injected: Injected[] = [];
  private drawn = 0;
  private readonly random: Random;
  private readonly leftOut: ReadonlySet<number>;

  constructor(random: Random, leftOut: ReadonlySet<number>) {
    this.random = random;
    this.leftOut = leftOut;
  }

  /** Whether the fault happens now. */
  happens(kind: string, probability: number): boolean {
    if (!this.storm || !this.random.chance(Math.min(0.5, probability * this.strength))) return false;
    this.drawn += 1;
    if (this.leftOut.has(this.drawn)) return false;
    this.injected.push({ number: this.drawn, kind });
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    return true;
  }
}

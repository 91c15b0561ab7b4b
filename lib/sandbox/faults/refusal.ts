/** A request to the sandbox itself that it cannot carry out; `valid` lists what it would. */
export class Refusal extends Error {
  readonly field: string;
  readonly valid: readonly string[];

  constructor(sentence: string, field: string, valid: readonly string[] = []) {
    super(sentence);
    this.name = "Refusal";
    this.field = field;
    this.valid = valid;
  }
}

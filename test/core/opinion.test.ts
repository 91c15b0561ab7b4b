import { describe, expect, it } from "vitest";
import { NOW, afterReplies, answers, proven, recordWith, withHealth } from "./support/situation.ts";

const two = { code: 1, at: NOW, body: "INFO - noise\nFound 2 alive jobs. Expected only one.\n" };
const steady = (opinion: typeof two) =>
  afterReplies(recordWith(), [answers("a", "running", { opinion }), answers("b", "stopped")]);

describe("a second opinion", () => {
  it("that counts two is a problem, in the words of the scheduler's own books", () => {
    const { code, sentence, record } = steady(two);
    expect(code).toBe("SECOND_OPINION");
    expect(sentence).toContain("(code 1: Found 2 alive jobs. Expected only one., asked ");
    expect(record.problem).toMatchObject({ code: "SECOND_OPINION", mailed: [] });
  });

  it("starts and stops nothing: what is asked of the nodes is the same as without", () => {
    expect(steady(two).draft).toEqual(steady({ ...two, code: 0 }).draft);
  });

  it("that counts one does not speak for a scheduler whose check fails", () => {
    const sick = { health: { code: 1, body: "" }, opinion: { ...two, code: 0 } };
    const record = recordWith({ counters: { restarts: 1, unhealthy: 2 }, nodes: { b: proven("b") } });
    const replies = [answers("a", "running", sick), answers("b", "stopped")];
    expect(afterReplies(record, replies, withHealth).code).toBe("MOVES_UNHEALTHY");
  });
});

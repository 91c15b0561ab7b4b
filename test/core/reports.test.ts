import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LONGEST_LINE, parseNodeLine } from "../../lib/core/reports.ts";

const EXPECTED = { cluster: "etl", node: "i-0aaaaaaa", token: 42 };
const base64 = (text: string) => Buffer.from(text).toString("base64");

const LINE = {
  v: 1,
  cluster: "etl",
  node: "i-0aaaaaaa",
  token: 42,
  seen: 41,
  life: "boot.random",
  clock: 1_795_546_837_919,
  state: "running",
  pids: [12, 13],
  since: 1_795_546_830_000,
  restarts: 2,
  invocation: "12-3456",
  guard: "none",
  gate: "none",
  grantUntil: 1_795_546_900_000,
  health: { code: 200, body64: base64('{"scheduler":{"status":"gesund ✓"}}') },
  log64: base64("boom\n"),
  reason: "started",
};
const printed = (change: object = {}) => JSON.stringify({ ...LINE, ...change });

describe("a node's line", () => {
  it("becomes a report, its texts decoded", () => {
    const { v: _v, cluster: _cluster, node: _node, log64: _log, health: _health, ...plain } = LINE;
    expect(parseNodeLine(`${printed()}\n`, EXPECTED)).toEqual({
      ...plain,
      log: "boom\n",
      health: { code: 200, body: '{"scheduler":{"status":"gesund ✓"}}' },
    });
  });

  it("may come without health", () => {
    expect(parseNodeLine(printed({ health: undefined }), EXPECTED)).not.toHaveProperty("health");
  });

  it("may tell the host's name, and what the scheduler's own books say", () => {
    const opinion = { code: 1, at: 1_795_546_837_000, body64: base64("Found 2 alive jobs.") };
    expect(parseNodeLine(printed({ host: "ip-10-0-0-7", opinion }), EXPECTED)).toMatchObject({
      host: "ip-10-0-0-7",
      opinion: { code: 1, at: 1_795_546_837_000, body: "Found 2 alive jobs." },
    });
    expect(parseNodeLine(printed(), EXPECTED)).not.toHaveProperty("host");
    expect(parseNodeLine(printed({ opinion: { ...opinion, code: "one" } }), EXPECTED)).toBeUndefined();
    expect(parseNodeLine(printed({ host: 7 }), EXPECTED)).toBeUndefined();
  });

  it.each([
    [
      "252 0 on-failure disabled",
      { systemd: 252, predecessor: 0, restart: "on-failure", enabled: "disabled" },
    ],
    ["247 4711 static no", { systemd: 247, predecessor: 4711, restart: "no", enabled: "static" }],
    ["0 0", { systemd: 0, predecessor: 0, restart: "", enabled: "" }],
    [
      "252 0 on-abnormal enabled-runtime predecessor-at-boot links-120962",
      {
        systemd: 252,
        predecessor: 0,
        restart: "on-abnormal",
        enabled: "enabled-runtime",
        predecessorAtBoot: true,
        agentFolders: 120_960,
      },
    ],
    ["0 0 links-1", { systemd: 0, predecessor: 0, restart: "", enabled: "", agentFolders: -1 }],
    ["0 0 links-0", { systemd: 0, predecessor: 0, restart: "", enabled: "" }],
    ["252 0 <script>", undefined],
    ["", undefined],
  ])("may tell what doctor asks about, %j, and is as good without", (facts, expected) => {
    expect(parseNodeLine(printed({ facts }), EXPECTED)).toMatchObject({ state: "running" });
    expect(parseNodeLine(printed({ facts }), EXPECTED)?.facts).toEqual(expected);
  });

  it("is the last well-formed one, whatever stands around it", () => {
    const output = `Welcome!\n${printed({ state: "stopped" })}\n${printed()}\n{"v":1}\nwarning: {}\n`;
    expect(parseNodeLine(output, EXPECTED)?.state).toBe("running");
  });

  it("says nothing when the last one answers another plan, even if an earlier one would do", () => {
    expect(parseNodeLine(`${printed()}\n${printed({ token: 43 })}`, EXPECTED)).toBeUndefined();
  });

  it.each([
    ["another token", { token: 41 }],
    ["another cluster", { cluster: "other" }],
    ["another node", { node: "i-0bbbbbbb" }],
    ["another version", { v: 2 }],
    ["an unknown state", { state: "dead" }],
    ["an unknown guard", { guard: "yes" }],
    ["an unknown gate", { gate: "armed" }],
    ["a token in quotes", { token: "42" }],
    ["a negative clock", { clock: -1 }],
    ["a fraction", { since: 1.5 }],
    ["a number that is not exact", { grantUntil: 2 ** 53 }],
    ["pids that are no list", { pids: 12 }],
    ["a pid that is no number", { pids: [1, "2"] }],
    ["a life that is no text", { life: 7 }],
    ["a text that is too long", { invocation: "x".repeat(81) }],
    ["a missing field", { restarts: undefined }],
    ["bad base64", { log64: "a" }],
    ["health that is no map", { health: 200 }],
    ["health without a code", { health: { body64: "" } }],
    ["bad base64 in health", { health: { code: 200, body64: "?" } }],
    ["null in place of a map", { health: null }],
  ])("with %s says nothing", (_, change) => {
    expect(parseNodeLine(printed(change), EXPECTED)).toBeUndefined();
  });

  it("that is as long as what Run Command cuts says nothing", () => {
    expect(parseNodeLine(printed({ log64: base64("x".repeat(1800)) }), EXPECTED)).toBeUndefined();
    expect(LONGEST_LINE).toBe(2500);
  });

  it("that was cut anywhere says nothing", () => {
    const line = printed();
    fc.assert(
      fc.property(fc.nat({ max: line.length - 1 }), (length) => {
        expect(parseNodeLine(line.slice(0, length), EXPECTED)).toBeUndefined();
      }),
    );
  });

  it("however mangled never makes the reader throw, and never yields another token than the expected one", () => {
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom("running", "none", 42, "etl", ""));
    const keys = Object.keys(LINE);
    const mutation = fc.dictionary(fc.constantFrom(...keys), value, { noNullPrototype: true });
    fc.assert(
      fc.property(mutation, fc.string(), (change, noise) => {
        const report = parseNodeLine(`${noise}\n${printed(change)}`, EXPECTED);
        expect([undefined, 42]).toContain(report?.token);
        expect([undefined, 42]).toContain(parseNodeLine(noise, EXPECTED)?.token);
      }),
      { numRuns: 500 },
    );
  });

  it("carries any text through base64", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), (text) => {
        const log = text.replaceAll("\uFEFF", "");
        expect(parseNodeLine(printed({ log64: base64(log) }), EXPECTED)?.log).toBe(log);
      }),
    );
  });
});

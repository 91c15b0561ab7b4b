import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { DEFAULTS } from "../../lib/core/settings.ts";
import { readContext } from "../../lib/settings/context.ts";
import { placeholders } from "../../lib/settings/placeholders.ts";
import { readSettings } from "../../lib/settings/read.ts";
import { changed, sound } from "./written.ts";

const directory = mkdtempSync(join(tmpdir(), "settings-"));
afterAll(() => rmSync(directory, { recursive: true }));

const fileWith = (text: string): string => {
  const file = join(directory, "settings.yaml");
  writeFileSync(file, text);
  return file;
};
const inline = (written: unknown) => readSettings({ inline: written, name: "test" });
const example = new URL("../../docs/settings.example.yaml", import.meta.url).pathname;

describe("reading settings", () => {
  it("fills in every default, and keeps what is absent absent", () => {
    const settings = inline(sound());
    expect(settings).toEqual({
      beatSeconds: DEFAULTS.beatSeconds,
      logLevel: DEFAULTS.logLevel,
      logRetentionDays: DEFAULTS.logRetentionDays,
      alerts: { ...DEFAULTS.alerts, from: "scheduler@airline.dev", to: ["operations@airline.dev"] },
      clusters: {
        main: {
          nodes: { tag: { key: "scheduler-failover", value: "main" }, prefer: [], exclude: [] },
          scheduler: { unit: "airflow-scheduler.service" },
          timers: DEFAULTS.timers,
          guard: DEFAULTS.guard,
          fence: DEFAULTS.fence,
          startIn: DEFAULTS.startIn,
        },
      },
    });
    expect(Object.keys(settings.clusters["main"] ?? {})).not.toContain("health");
  });

  it("tells a health URL from a health command", () => {
    const health = (value: unknown) =>
      inline(changed(["clusters.main.health", value])).clusters["main"]?.health;
    expect(health({ url: "http://localhost:8974/health" })).toEqual({
      kind: "url",
      url: "http://localhost:8974/health",
      ...DEFAULTS.health,
    });
    expect(health({ command: "pgrep beat", failures: 2 })).toEqual({
      kind: "command",
      command: "pgrep beat",
      timeoutSeconds: 3,
      failures: 2,
    });
  });

  it("takes JSON, which is YAML", () => {
    expect(readSettings({ file: fileWith(JSON.stringify(sound())) })).toEqual(inline(sound()));
  });

  it("accepts the example that is handed out, and knows its addresses for placeholders", () => {
    expect(placeholders(readSettings({ file: example }))).toEqual([
      "alerts.from is scheduler-failover@example.com",
      "alerts.to has operations@example.com",
    ]);
  });

  it.each([
    ["ops@airline.dev", false],
    ["ops@example.org", true],
    ["ops@mail.example.com", true],
    ["ops@node.test", true],
    ["airflow@airflow.com", true],
    ["ops@notexample.com", false],
  ])("takes %s for a placeholder: %s", (address, expected) => {
    expect(placeholders(inline(changed(["alerts.from", address]))).length > 0).toBe(expected);
  });
});

describe("a settings file that is wrong is named with its line", () => {
  it.each([
    [
      "a key twice",
      "beatSeconds: 10\nbeatSeconds: 20\n",
      "line 2: the settings cannot be read as YAML: Map keys must be unique",
    ],
    ["a bracket left open", "alerts:\n  to: [a@b.dev\nclusters: {}\n", "cannot be read as YAML"],
    ["an anchor that is missing", "alerts: *nobody\n", "cannot be read as YAML: Unresolved alias"],
    ["an empty file", "", "the settings must be a map"],
    ["two documents", "a: 1\n---\nb: 2\n", "cannot be read as YAML"],
    [
      "a wrong value",
      `${JSON.stringify(sound()).slice(0, -1)},\n"beatSeconds": 1}`,
      "line 2: beatSeconds is 1",
    ],
    [
      "a wrong entry of a list",
      "alerts:\n  from: a@b.dev\n  to:\n    - c@d.dev\n    - nobody\n",
      'line 5: alerts.to[1] is "nobody"',
    ],
  ])("%s", (_, text, said) => {
    const file = fileWith(text);
    expect(() => readSettings({ file })).toThrow(`${file}: `);
    expect(() => readSettings({ file })).toThrow(said);
  });

  it("or with the reason why it cannot be read", () => {
    expect(() => readSettings({ file: join(directory, "nowhere.yaml") })).toThrow(
      "cannot be read from this file: ENOENT",
    );
  });
});

describe("the deployment's context", () => {
  const contextOf = (values: Record<string, unknown>) => readContext((key) => values[key]);

  it("names a file or holds the settings, and a stack", () => {
    expect(contextOf({ settings: example })).toMatchObject({ stackName: "SchedulerFailover" });
    expect(contextOf({ settings: sound(), stackName: "Second" })).toEqual({
      stackName: "Second",
      settings: inline(sound()),
      profiles: [],
    });
  });

  it.each([
    ["no settings", {}, "settings is missing: name your settings file"],
    [
      "a stack name that AWS keeps for itself",
      { settings: example, stackName: "amazon-a" },
      'stackName is "amazon-a"',
    ],
    ["a stack name too long for documents", { settings: example, stackName: "a".repeat(65) }, "stackName is"],
    ["wrong settings", { settings: {} }, "settings in cdk.json: 2 faults in the settings"],
  ])("is refused with %s", (_, values, said) => {
    expect(() => contextOf(values)).toThrow(said);
  });
});

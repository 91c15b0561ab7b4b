import { describe, expect, it } from "vitest";
import { JSON_PATH, judgeHealth } from "../../lib/core/health.ts";
import type { HealthVerdict } from "../../lib/core/health.ts";
import type { HealthSettings } from "../../lib/core/settings.ts";
import { runsWell } from "../../lib/core/wishes.ts";
import { afterReplies, answers, NOW, recordWith, settingsWith, withHealth } from "./support/situation.ts";

const LIMITS = { timeoutSeconds: 3, failures: 3 } as const;
const command: HealthSettings = { kind: "command", command: "check", ...LIMITS };
const url: HealthSettings = {
  kind: "url",
  url: "http://localhost:8974/health",
  answeredBy: "scheduler",
  ...LIMITS,
};
const path: HealthSettings = { ...url, jsonPath: "$.scheduler.status", equals: "healthy" };
const list: HealthSettings = { ...url, jsonPath: "$.rows[1].state", equals: "2" };

describe("a health check's answer", () => {
  it.each<{ says: string; settings?: HealthSettings; code?: number; body?: string; verdict: HealthVerdict }>([
    { says: "is healthy where no check is configured", code: 1, verdict: "healthy" },
    { says: "is none where the node did not ask", settings: command, verdict: "unchecked" },
    { says: "of a command that exits 0 is healthy", settings: command, code: 0, verdict: "healthy" },
    { says: "of a command that fails is unhealthy", settings: command, code: 1, verdict: "unhealthy" },
    {
      says: "of a command that ran out of time is unhealthy",
      settings: command,
      code: 124,
      verdict: "unhealthy",
    },
    {
      says: "of a command that cannot be run says nothing",
      settings: command,
      code: 126,
      verdict: "doubtful",
    },
    {
      says: "of a command that is not there says nothing",
      settings: command,
      code: 127,
      verdict: "doubtful",
    },
    { says: "by a URL is healthy with 200", settings: url, code: 200, verdict: "healthy" },
    { says: "by a URL is healthy with 204", settings: url, code: 204, verdict: "healthy" },
    { says: "by a URL is unhealthy with 302", settings: url, code: 302, verdict: "unhealthy" },
    { says: "by a URL is unhealthy with 503", settings: url, code: 503, verdict: "unhealthy" },
    { says: "by a URL is unhealthy without an answer", settings: url, code: 0, verdict: "unhealthy" },
    {
      says: "by a URL without a client on the node says nothing",
      settings: url,
      code: 127,
      verdict: "doubtful",
    },
    {
      says: "by a URL is unhealthy where somebody else than the scheduler answers",
      settings: url,
      code: 98,
      verdict: "unhealthy",
    },
    {
      says: "by a URL is unhealthy where somebody else says what is looked for",
      settings: path,
      code: 98,
      body: '{"scheduler":{"status":"healthy"}}',
      verdict: "unhealthy",
    },
    {
      says: "is healthy where the path leads to the word",
      settings: path,
      code: 200,
      body: '{"scheduler":{"status":"healthy"}}',
      verdict: "healthy",
    },
    {
      says: "is unhealthy where the path leads to another word",
      settings: path,
      code: 200,
      body: '{"scheduler":{"status":"unhealthy"}}',
      verdict: "unhealthy",
    },
    {
      says: "is unhealthy where the path leads to null",
      settings: path,
      code: 200,
      body: '{"scheduler":{"status":null}}',
      verdict: "unhealthy",
    },
    {
      says: "compares a number by its text, in a list too",
      settings: list,
      code: 200,
      body: '{"rows":[{},{"state":2}]}',
      verdict: "healthy",
    },
    { says: "that is no JSON says nothing", settings: path, code: 200, body: "<html>", verdict: "doubtful" },
    {
      says: "that was cut off says nothing",
      settings: path,
      code: 200,
      body: '{"scheduler":{"st',
      verdict: "doubtful",
    },
    {
      says: "without the path says nothing",
      settings: path,
      code: 200,
      body: '{"a":1}',
      verdict: "doubtful",
    },
    {
      says: "does not find what every object inherits",
      settings: { ...path, jsonPath: "$.constructor.name" },
      code: 200,
      body: "{}",
      verdict: "doubtful",
    },
  ])("$says", ({ settings, code, body = "", verdict }) => {
    expect(judgeHealth(code === undefined ? undefined : { code, body }, settings)).toBe(verdict);
  });
});

describe("a stranger's answer", () => {
  const settings = settingsWith({ health: url });
  const body =
    "port 8974 is held by process 4711 (python3 -m http.server 8974), which is not this scheduler's: its answer does not count";
  const health = { code: 98, body };

  it("counts as a failed check, and the sentence says whose it was", () => {
    const { code, sentence } = afterReplies(
      recordWith(),
      [answers("a", "running", { health }), answers("b", "stopped")],
      settings,
    );
    expect({ code, sentence }).toEqual({
      code: "UNHEALTHY",
      sentence: `The scheduler on a runs and its check fails (code 98: ${body}), 1 of 3 times.`,
    });
  });

  it("vouches for no node: in the end the scheduler moves to one that has its port", () => {
    const { code } = afterReplies(
      recordWith({ counters: { restarts: 1, unhealthy: 2 } }),
      [answers("a", "running", { health }), answers("b", "stopped")],
      settings,
    );
    expect(code).toBe("MOVES_UNHEALTHY");
  });
});

describe("the yes of a node that goes by another one's host name", () => {
  const settings = settingsWith({ health: url });
  const cooldown = settings.timers.cooldownSeconds * 1000;
  const from = (code: number, other: string, { unhealthyAt = NOW - 5000, more = {} } = {}) =>
    afterReplies(
      recordWith({ counters: { unhealthy: 2, unhealthyAt } }),
      [
        answers("a", "running", { health: { code, body: "" }, host: "etl", ...more }),
        answers("b", "stopped", { host: other }),
      ],
      settings,
    );

  it("ends no row of failures, and is a problem", () => {
    const { code, record } = from(200, "etl");
    expect({ code, unhealthy: record.counters.unhealthy }).toEqual({ code: "NAMESAKE", unhealthy: 2 });
    expect(record.problem).toMatchObject({ code: "NAMESAKE" });
  });

  it("comes after a cooldown, and single failures of other days are no row", () => {
    expect(from(200, "etl", { unhealthyAt: NOW - cooldown + 1 }).record.counters.unhealthy).toBe(2);
    expect(from(200, "etl", { unhealthyAt: NOW - cooldown }).record.counters.unhealthy).toBe(0);
    const failed = afterReplies(
      recordWith(),
      [
        answers("a", "running", { health: { code: 503, body: "" }, host: "etl" }),
        answers("b", "stopped", { host: "etl" }),
      ],
      settings,
    );
    expect(failed.record.counters).toMatchObject({ unhealthy: 1, unhealthyAt: NOW });
  });

  it("does not hide that the scheduler's own books count two, which leaves the row as it is, too", () => {
    const more = { opinion: { code: 1, at: NOW, body: "Found 2 alive jobs." } };
    const { code, record } = from(200, "etl", { more });
    expect({ code, unhealthy: record.counters.unhealthy }).toEqual({ code: "SECOND_OPINION", unhealthy: 2 });
  });

  it("ends one where each has its own name, and its no counts in any case", () => {
    expect(from(200, "other").record.counters.unhealthy).toBe(0);
    expect(from(503, "etl").code).toBe("RESTARTS_UNHEALTHY");
  });
});

describe("a check that was not asked", () => {
  const notAsked = [answers("a", "running"), answers("b", "stopped")];
  const failed = [answers("a", "running", { health: { code: 1, body: "" } }), answers("b", "stopped")];

  it.each([
    { says: "neither raises nor ends a row of failures", unhealthy: 2 },
    { says: "begins no row of failures", unhealthy: 0 },
  ])("$says", ({ unhealthy }) => {
    const { code, record } = afterReplies(recordWith({ counters: { unhealthy } }), notAsked, withHealth);
    expect({ code, unhealthy: record.counters.unhealthy }).toEqual({ code: "UNCHECKED", unhealthy });
  });

  it("between two failures leaves them in a row", () => {
    const { record } = afterReplies(recordWith({ counters: { unhealthy: 2 } }), notAsked, withHealth);
    expect(afterReplies(record, failed, withHealth).code).toBe("RESTARTS_UNHEALTHY");
  });

  it("does not make a start a success, not even when it has had its time", () => {
    const started = recordWith({ phase: { name: "starting", cause: "COLD_START" } });
    const { code, record } = afterReplies(started, notAsked, withHealth);
    expect({ code, phase: record.phase.name }).toEqual({ code: "UNCHECKED", phase: "starting" });
  });

  it("is a problem, since a node that never asks would never find a scheduler that hangs", () => {
    const { record } = afterReplies(recordWith(), notAsked, withHealth);
    expect(record.problem).toMatchObject({ code: "UNCHECKED", mailed: [] });
  });

  it("does not stand in the way of a switchover, unless the ones before it failed", () => {
    const well = afterReplies(recordWith(), notAsked, withHealth).record;
    const sick = afterReplies(recordWith({ counters: { unhealthy: 1 } }), notAsked, withHealth).record;
    expect([runsWell(well, withHealth), runsWell(sick, withHealth)]).toEqual([true, false]);
  });
});

describe("a JSON path", () => {
  it.each(["$.a", "$.a.b", "$.rows[0].state", "$[0]", "$.a-b"])("may be %s", (text) => {
    expect(text).toMatch(JSON_PATH);
  });

  it.each(["", "$", "a.b", "$.", "$..a", "$.a[*]", "$.a[-1]", "$['a']", "$.a b"])("may not be %j", (text) => {
    expect(text).not.toMatch(JSON_PATH);
  });
});

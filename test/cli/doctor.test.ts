import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Reply } from "../../lambda/actions/reply.ts";
import { CommandError } from "../../lib/cli/io.ts";
import { readSettings } from "../../lib/settings/read.ts";
import { settingsHash } from "../../lib/settings/hash.ts";
import { type, type Script } from "./support/scripted-io.ts";

const folder = mkdtempSync(join(tmpdir(), "doctor-"));
afterAll(() => rmSync(folder, { recursive: true }));

const answer = (action: string, data: object): Reply => ({
  ok: true,
  action,
  cluster: "main",
  code: "STEADY",
  sentence: "The scheduler runs on i-a; i-b could take over.",
  data: { ...data },
});

const AT = "2027-01-15T08:00:00.000Z";
const FACTS = { systemd: 252, restart: "on-failure", enabled: "disabled", predecessor: 0 };
const node = (id: string, changes: object = {}) => ({
  id,
  role: id === "i-a" ? "active" : "standby",
  state: id === "i-a" ? "running" : "stopped",
  guard: "armed",
  gate: "installed",
  instance: "running",
  reportedAt: AT,
  reportAgeSeconds: 2,
  facts: FACTS,
  ...changes,
});

/** A sound deployment, but for what is said of `i-a`. */
function deployment(changes: object = {}, status: object = {}, hash?: string): Script {
  const nodes = [node("i-a", changes), node("i-b")];
  return {
    invoke: ({ action }) => {
      if (action === "version")
        return answer(action, { version: "0.1.0", clusters: ["main"], settingsHash: hash });
      if (action === "inspect") return answer(action, { nodes });
      return answer(action, {
        recorded: true,
        phase: "steady",
        active: "i-a",
        tickedAt: AT,
        nodes,
        ...status,
      });
    },
  };
}

interface Finding {
  readonly level: string;
  readonly what: string;
  readonly fix?: string;
}

async function examine(script: Script, words = "doctor --json"): Promise<readonly Finding[]> {
  const { io } = await type(words, { directory: folder, ...script });
  return (JSON.parse(io.output) as { findings: Finding[] }).findings;
}

const bad = (findings: readonly Finding[]) =>
  findings.filter(({ level }) => level === "FAULT" || level === "warning");

function written(scheduler: string): string {
  const text = `alerts: { from: failover@airline.dev, to: [ops@airline.dev] }
clusters:
  main:
    nodes: { tag: { key: scheduler-failover, value: main } }
    scheduler: ${scheduler}
`;
  writeFileSync(join(folder, "settings.yaml"), text);
  return settingsHash(readSettings({ file: join(folder, "settings.yaml") }));
}

describe("what nodes tell of themselves", () => {
  it.each([
    [
      "a predecessor",
      { facts: { ...FACTS, predecessor: 4711 } },
      "FAULT",
      "process 4711",
      "docs/migration.md",
    ],
    [
      "a systemd without gates",
      { facts: { ...FACTS, systemd: 239 } },
      "FAULT",
      "systemd 239 has no gates",
      "upgrade",
    ],
    [
      "a unit that is enabled",
      { facts: { ...FACTS, enabled: "enabled" } },
      "warning",
      "is enabled",
      "systemctl disable",
    ],
    [
      "a unit without Restart=",
      { facts: { ...FACTS, restart: "no" } },
      "warning",
      "Restart=no",
      "Restart=on-failure",
    ],
    [
      "a machine without systemd",
      { gate: "none", facts: { systemd: 0, restart: "", enabled: "", predecessor: 0 } },
      "warning",
      "no systemd to gate",
      "nothing but the controller",
    ],
    ["a gate that is not there", { gate: "failed" }, "FAULT", "gate is failed", "why"],
    [
      "an instance that EC2 does not find",
      { instance: "missing", silentSince: AT, facts: null },
      "FAULT",
      "not found by EC2",
      "tag",
    ],
  ])("finds %s, and what to do", async (_, changes, level, what, fix) => {
    const [finding] = bad(await examine(deployment(changes)));
    expect(finding).toMatchObject({
      level,
      what: expect.stringContaining(what) as string,
      fix: expect.stringContaining(fix) as string,
    });
  });

  it("find no fault with a sound node, nor with one that tells no facts", async () => {
    expect(bad(await examine(deployment()))).toEqual([]);
    expect(bad(await examine(deployment({ facts: null })))).toEqual([]);
  });

  it("take a predecessor for planned while the controller only observes beside it", async () => {
    const steering = { kind: "observing", since: AT, by: "ops", reason: "first look" };
    const findings = await examine(deployment({ facts: { ...FACTS, predecessor: 4711 } }, { steering }));
    expect(findings.find(({ what }) => what.includes("4711"))?.level).toBe("warning");
  });
});

describe("what other services tell", () => {
  const at = Date.UTC(2027, 0, 15, 8);
  const line = (text: string) => () => Promise.resolve([{ id: "1", at, text }]);

  it.each<[what: string, services: Script["services"], level: string, words: string]>([
    [
      "a role that lacks something",
      { logLines: line("User: x is not authorized to perform: ssm:SendCommand on resource: y") },
      "FAULT",
      "denied ssm:SendCommand",
    ],
    ["ticks that failed", { logLines: line('{"message":"tick failed"}') }, "warning", "1 ticks failed"],
    [
      "an alarm that reaches nobody",
      { subscriptions: () => Promise.resolve([]) },
      "FAULT",
      "nobody gets the alarms",
    ],
    [
      "a subscription that waits",
      {
        subscriptions: () =>
          Promise.resolve([
            { endpoint: "a@b.dev", confirmed: true },
            { endpoint: "c@d.dev", confirmed: false },
          ]),
      },
      "warning",
      "c@d.dev gets no alarms",
    ],
    [
      "drift",
      { stack: () => Promise.resolve({ drift: "DRIFTED", topicArn: undefined }) },
      "warning",
      "has drifted",
    ],
    [
      "an old agent",
      {
        agents: (ids) =>
          Promise.resolve(
            new Map(ids.map((id) => [id, { version: "3.1.0", latest: false, ping: "Online" }])),
          ),
      },
      "warning",
      "not the latest",
    ],
  ])("finds %s, with a fix", async (_, services, level, words) => {
    const [finding] = bad(await examine({ ...deployment(), services: services ?? {} }));
    expect(finding).toMatchObject({ level, what: expect.stringContaining(words) as string });
    expect(finding?.fix).toBeTruthy();
  });

  it("says what it may not ask, and which permission it needs", async () => {
    const subscriptions = () => Promise.reject(new CommandError("Not allowed: sns:ListSubscriptionsByTopic"));
    const findings = await examine({ ...deployment(), services: { subscriptions } });
    expect(findings.filter(({ level }) => level === "unknown")).toContainEqual({
      level: "unknown",
      what: "SNS: not found out",
      fix: "Not allowed: sns:ListSubscriptionsByTopic",
    });
  });
});

describe("what the settings tell", () => {
  const SETTINGS = "doctor --json --settings settings.yaml";

  it("are compared with those that are deployed", async () => {
    const hash = written("{ unit: airflow-scheduler.service }");
    expect(bad(await examine(deployment({}, {}, hash), SETTINGS))).toEqual([]);
    const [finding] = bad(await examine(deployment({}, {}, "0123456789ab"), SETTINGS));
    expect(finding).toMatchObject({ level: "warning", fix: expect.stringContaining("cdk diff") as string });
  });

  it.each([
    ["docker", "docker run airflow scheduler"],
    ["su", "su - airflow -c 'airflow scheduler'"],
    ["nohup", "cd /opt && nohup airflow scheduler"],
  ])("show %s in the start, which leaves what the guard looks at", async (program, start) => {
    const hash = written(`{ start: "${start}", pattern: "airflow scheduler" }`);
    const [finding] = bad(await examine(deployment({}, {}, hash), SETTINGS));
    expect(finding).toMatchObject({
      level: "FAULT",
      what: expect.stringContaining(`uses ${program}`) as string,
    });
  });

  it("show an Airflow that may not need this at all", async () => {
    const hash = written("{ profile: airflow-2 }");
    const [finding] = bad(await examine(deployment({}, {}, hash), SETTINGS));
    expect(finding?.what).toContain("runs several schedulers by itself");
  });
});

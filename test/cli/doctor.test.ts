import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { CommandError } from "../../lib/cli/io.ts";
import { readSettings } from "../../lib/settings/read.ts";
import { settingsHash } from "../../lib/settings/hash.ts";
import type { Instance } from "../../lib/cli/connection.ts";
import { AT, DEPLOYED, FACTS, bad, deployment, examine, instance } from "./support/doctor.ts";
import type { Script } from "./support/scripted-io.ts";

const folder = mkdtempSync(join(tmpdir(), "doctor-"));
afterAll(() => rmSync(folder, { recursive: true }));

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
    [
      "a predecessor that a boot starts",
      { facts: { ...FACTS, predecessorAtBoot: true } },
      "FAULT",
      "a boot starts the on-node controller",
      "docs/migration.md",
    ],
    [
      "an agent that keeps what it was sent",
      { facts: { ...FACTS, agentFolders: 60_480 } },
      "warning",
      "60480 folders",
      "OrchestrationDirectoryCleanup",
    ],
    [
      "an agent that keeps more than can be counted",
      { facts: { ...FACTS, agentFolders: -1 } },
      "warning",
      "more folders",
      "OrchestrationDirectoryCleanup",
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

describe("what EC2 and Systems Manager tell", () => {
  const managed = (...ids: readonly string[]): NonNullable<Script["services"]> => ({
    agents: () =>
      Promise.resolve(new Map(ids.map((id) => [id, { version: "3.3.0", latest: true, ping: "Online" }]))),
  });
  const found = (...instances: readonly Instance[]) => ({ instances: () => Promise.resolve(instances) });
  const a = instance("i-a");
  const bare = instance("i-c", { profile: undefined });

  it.each<[what: string, services: Script["services"], words: string, fix: string]>([
    [
      "an instance with the tag that nobody manages",
      { ...managed("i-a", "i-b"), ...found(a, instance("i-b"), instance("i-c")) },
      "i-c is not managed",
      "install and start the SSM agent",
    ],
    [
      "an instance with the tag and without a role",
      { ...managed("i-a", "i-b"), ...found(a, instance("i-b"), bare) },
      "i-c is not managed by Systems Manager: no command reaches it; it has no instance profile",
      "AmazonSSMManagedInstanceCore",
    ],
    ["a tag that nobody carries", found(), "no instance carries the tag scheduler-failover=main", "tag"],
  ])("finds %s", async (_, services, words, fix) => {
    const [finding] = bad(await examine({ ...deployment(), services: services ?? {} }));
    expect(finding).toMatchObject({
      level: "FAULT",
      what: expect.stringContaining(words) as string,
      fix: expect.stringContaining(fix) as string,
    });
  });

  it("asks for those that are listed, and finds one that there is not", async () => {
    const listed = { ...DEPLOYED, tag: null, instanceIds: ["i-a", "i-b", "i-gone"] };
    const [finding, ...more] = bad(await examine(deployment({}, {}, undefined, { main: listed })));
    expect(finding?.what).toBe("main: there is no instance i-gone here");
    expect(more).toEqual([]);
  });

  it.each([
    ["the same unit", DEPLOYED.unit, "FAULT"],
    ["a unit of its own", "celery-beat.service", "warning"],
  ])("finds nodes of two clusters, where the other has %s", async (_, unit, level) => {
    const beat = { ...DEPLOYED, tag: { key: "beat", value: "yes" }, unit };
    const [finding] = bad(await examine(deployment({}, {}, undefined, { main: DEPLOYED, beat })));
    expect(finding).toMatchObject({ level, what: expect.stringContaining("both on i-a, i-b") as string });
  });

  it("does without the word of a version that does not say what it looks for", async () => {
    const findings = await examine(deployment({}, {}, undefined, { main: null as unknown as object }));
    expect(bad(findings)).toEqual([]);
  });
});

describe("what the deployment tells", () => {
  it("shows an Airflow that may not need this at all", async () => {
    const [finding] = bad(
      await examine(deployment({}, {}, undefined, { main: { ...DEPLOYED, profile: "airflow-2" } })),
    );
    expect(finding?.what).toContain("runs several schedulers by itself");
  });

  it("says whether whoever asks may change something", async () => {
    const reader = { mayOperate: () => Promise.resolve(false) };
    const [finding] = bad(await examine({ ...deployment(), services: reader }));
    expect(finding).toMatchObject({
      level: "warning",
      what: expect.stringContaining("may look, and not operate") as string,
      fix: expect.stringContaining("alias `operate`") as string,
    });
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
  const here = (hash: string): Script => ({ ...deployment({}, {}, hash), directory: folder });

  it("are compared with those that are deployed", async () => {
    const hash = written("{ unit: airflow-scheduler.service }");
    expect(bad(await examine(here(hash), SETTINGS))).toEqual([]);
    const [finding] = bad(await examine(here("0123456789ab"), SETTINGS));
    expect(finding).toMatchObject({ level: "warning", fix: expect.stringContaining("cdk diff") as string });
  });

  it.each([
    ["docker", "docker run airflow scheduler"],
    ["su", "su - airflow -c 'airflow scheduler'"],
    ["nohup", "cd /opt && nohup airflow scheduler"],
  ])("show %s in the start, which leaves what the guard looks at", async (program, start) => {
    const hash = written(`{ start: "${start}", pattern: "airflow scheduler" }`);
    const [finding] = bad(await examine(here(hash), SETTINGS));
    expect(finding).toMatchObject({
      level: "FAULT",
      what: expect.stringContaining(`uses ${program}`) as string,
    });
  });

  it("are not taken for sound where there are none, and which file they are in is asked for", async () => {
    const script = { ...here(""), directory: "/nowhere" };
    const [finding] = bad(await examine(script, SETTINGS));
    expect(finding).toMatchObject({
      level: "FAULT",
      fix: expect.stringContaining("--settings FILE") as string,
    });
  });
});

import { describe, expect, it } from "vitest";
import { PROFILE_NAMES } from "../../lib/core/settings.ts";
import { applyProfiles, describeProfile } from "../../lib/settings/apply-profile.ts";
import { SettingsError, renderFault } from "../../lib/settings/faults.ts";
import { PROFILES } from "../../lib/settings/profiles.ts";
import { readSettings, readWithProfiles } from "../../lib/settings/read.ts";
import { type Change, changed } from "./written.ts";

const main = "clusters.main";
const withProfile = (name: string, ...changes: readonly Change[]) =>
  changed([`${main}.scheduler`, { profile: name }], ...changes);
const read = (written: unknown) => readSettings({ inline: written, name: "test" }).clusters["main"];
const saidOf = (written: unknown): readonly string[] => {
  try {
    read(written);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.faults.map(renderFault);
    throw error;
  }
};

describe("a profile", () => {
  it.each(PROFILE_NAMES.filter((name) => name !== "custom"))("%s is all that a cluster needs", (name) => {
    const cluster = read(withProfile(name));
    const { values } = PROFILES[name];
    expect(cluster?.scheduler).toEqual({
      profile: name,
      unit: values["scheduler.unit"]?.value,
      ...(values["scheduler.killMode"] && { killMode: values["scheduler.killMode"].value }),
    });
  });

  it.each(PROFILE_NAMES)("%s has a pattern that a start command may go with", (name) => {
    const changes: Change[] = [
      [`${main}.scheduler.start`, "exec daemon"],
      ...(name === "custom" ? [[`${main}.scheduler.pattern`, "daemon"] as const] : []),
    ];
    const cluster = read(withProfile(name, ...changes));
    expect(cluster?.scheduler.unit).toBeUndefined();
    expect(cluster?.scheduler.killMode).toBeUndefined();
    expect(cluster?.scheduler.pattern).toBeDefined();
  });

  it.each(PROFILE_NAMES)("%s has a reason and a source for each value", (name) => {
    for (const { reason, source } of Object.values(PROFILES[name].values)) {
      expect(reason).toMatch(/\w/);
      expect(source).toMatch(/\w/);
    }
  });

  it.each([
    ["airflow-2", "/opt/venv/bin/python /opt/venv/bin/airflow scheduler"],
    ["airflow-2", "/opt/venv/bin/python /opt/venv/bin/airflow schedule"],
    ["airflow-2", "/opt/venv/bin/python /opt/venv/bin/airflow scheduler  "],
    ["airflow-2", "/usr/bin/python3 /usr/local/bin/airflow scheduler --pid /run/airflow.pid"],
    ["airflow-2", "/usr/bin/python3 -m airflow scheduler -D"],
    ["celery-beat", "/opt/venv/bin/python /opt/venv/bin/celery -A shop beat --pidfile="],
    ["celery-beat", "[celery beat] -A shop beat "],
    ["dagster-daemon", "/opt/venv/bin/python3.11 /opt/venv/bin/dagster-daemon run -w workspace.yaml"],
  ] as const)("%s finds `%s`", (name, line) => {
    expect(line).toMatch(new RegExp(String(PROFILES[name].values["scheduler.pattern"]?.value)));
  });

  it.each([
    ["airflow-2", "/opt/venv/bin/python /opt/venv/bin/airflow webserver"],
    ["airflow-2", "airflow scheduler - DagFileProcessor /opt/dags/etl.py"],
    ["airflow-2", "airflow scheduler -- DagFileProcessorManager"],
    ["airflow-2", "airflow scheduler -- DagFileProcessorManage"],
    ["airflow-2", "/opt/venv/bin/python /opt/venv/bin/airflow tasks run scheduler_report one"],
    ["celery-beat", "/opt/venv/bin/python /opt/venv/bin/celery -A shop worker"],
    ["celery-beat", "/opt/venv/bin/python /opt/venv/bin/celery -A beatles worker"],
    ["dagster-daemon", "/opt/venv/bin/python3.11 -m dagster api grpc --lazy-load-user-code"],
  ] as const)("%s does not take `%s` for its daemon", (name, line) => {
    expect(line).not.toMatch(new RegExp(String(PROFILES[name].values["scheduler.pattern"]?.value)));
  });
});

describe("what the settings say themselves", () => {
  it("is never changed", () => {
    const cluster = read(
      withProfile(
        "airflow-2",
        [`${main}.scheduler.unit`, "etl.service"],
        [`${main}.timers.killGraceSeconds`, 5],
        [`${main}.health.url`, "http://localhost:9000/health"],
      ),
    );
    expect(cluster).toMatchObject({
      scheduler: { unit: "etl.service" },
      health: { url: "http://localhost:9000/health", timeoutSeconds: 3 },
      timers: { killGraceSeconds: 5, settleSeconds: 90 },
    });
  });

  it("takes the place of what cannot stand beside it", () => {
    const cluster = read(withProfile("airflow-2", [`${main}.health.command`, "check"]));
    expect(cluster?.health).toEqual({ kind: "command", command: "check", timeoutSeconds: 3, failures: 3 });
    expect(read(withProfile("airflow-2", [`${main}.health.enabled`, false]))?.health).toBeUndefined();
  });
});

describe("the second opinion that a profile offers", () => {
  it("is not asked unless the settings want it", () => {
    expect(read(withProfile("airflow-2"))?.scheduler).not.toHaveProperty("secondOpinion");
    const wanted: Change = [`${main}.scheduler.secondOpinion`, { activate: "/etc/airflow/second-opinion" }];
    expect(read(withProfile("airflow-2", wanted))?.scheduler).toMatchObject({
      secondOpinion: {
        activate: "/etc/airflow/second-opinion",
        command: "airflow jobs check --job-type SchedulerJob --limit 100",
        everyMinutes: 15,
      },
    });
  });

  it("runs as the scheduler does, unless told otherwise", () => {
    const started: Change[] = [
      [`${main}.scheduler.start`, "exec airflow scheduler"],
      [`${main}.scheduler.user`, "airflow"],
      [`${main}.scheduler.activate`, "/opt/venv/bin/activate"],
    ];
    const opinion = (...more: readonly Change[]) =>
      read(withProfile("airflow-2", ...started, ...more))?.scheduler.secondOpinion;
    expect(opinion([`${main}.scheduler.secondOpinion`, {}])).toMatchObject({
      user: "airflow",
      activate: "/opt/venv/bin/activate",
    });
    expect(opinion([`${main}.scheduler.secondOpinion`, { user: "root" }])).toMatchObject({ user: "root" });
  });

  it("beside a unit must be told where airflow is", () => {
    expect(saidOf(withProfile("airflow-2", [`${main}.scheduler.secondOpinion`, {}]))).toEqual([
      expect.stringContaining("clusters.main.scheduler.secondOpinion must have activate beside a unit"),
    ]);
  });

  it("needs a command where the profile has none, and one that is not taken for a scheduler", () => {
    expect(saidOf(withProfile("celery-beat", [`${main}.scheduler.secondOpinion`, {}]))).toEqual([
      "clusters.main.scheduler.secondOpinion must have a command: exit status 0 says that exactly one scheduler is alive",
    ]);
    const faults = saidOf(
      withProfile(
        "airflow-2",
        [`${main}.scheduler.start`, "exec airflow scheduler"],
        [`${main}.scheduler.pattern`, "airflow .*[Ss]chedule"],
        [`${main}.scheduler.secondOpinion`, {}],
      ),
    );
    expect(faults).toEqual([expect.stringContaining("must not match the command of secondOpinion")]);
  });
});

describe("faults under a profile", () => {
  it("name the profile and the field of a value that it has filled in", () => {
    expect(
      saidOf(withProfile("airflow-2", [`${main}.timers.grantSeconds`, 106], ["beatSeconds", 5])),
    ).toEqual([]);
    const faults = saidOf(
      withProfile("airflow-2", [`${main}.timers.cooldownSeconds`, 80], [`${main}.timers.settleSeconds`, 81]),
    );
    expect(faults).toEqual([
      expect.stringContaining("cooldownSeconds is 80: must be at least settleSeconds, 81"),
    ]);
    expect(
      saidOf(withProfile("celery-beat", ["beatSeconds", 40], [`${main}.timers.grantSeconds`, 300])),
    ).toEqual([
      "clusters.main.timers.settleSeconds is 30 from profile celery-beat: must be at least beatSeconds, 40: no tick would look before it is over",
    ]);
  });

  it("name the known profiles for one that is none", () => {
    expect(saidOf(withProfile("airflow"))).toEqual([
      'clusters.main.scheduler.profile is "airflow": must be one of airflow-2, airflow-3, airflow-1.10, celery-beat, dagster-daemon, custom',
    ]);
  });

  it("are the same as ever for settings that are no map", () => {
    for (const written of [null, [], "text", { clusters: [] }, { clusters: { main: 7 } }]) {
      expect(applyProfiles(written)).toEqual({ filled: written, applied: [] });
    }
  });
});

describe("what synthesis prints of a profile", () => {
  it("says of each value whose it is", () => {
    const { profiles } = readWithProfiles({
      inline: withProfile(
        "airflow-2",
        [`${main}.health.command`, "check"],
        [`${main}.timers.killGraceSeconds`, 5],
      ),
      name: "test",
    });
    const [said = ""] = profiles.map(describeProfile);
    expect(said).toContain("cluster main: profile airflow-2, Airflow 2.4 to 2.11");
    expect(said).toMatch(/scheduler\.unit +airflow-scheduler\.service +profile: the unit's name/);
    expect(said).toMatch(/timers\.killGraceSeconds +5 +settings, in place of the profile's 60/);
    expect(said).toMatch(/health\.url +- +left out beside health\.command: the profile has http/);
  });

  it("says that a profile is untested", () => {
    const { profiles } = readWithProfiles({ inline: withProfile("airflow-1.10"), name: "test" });
    expect(profiles.map(describeProfile)[0]).toContain("; UNTESTED\n");
  });
});

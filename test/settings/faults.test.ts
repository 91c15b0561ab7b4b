import { describe, expect, it } from "vitest";
import { SettingsError, renderFault } from "../../lib/settings/faults.ts";
import { readSettings } from "../../lib/settings/read.ts";
import { main, started, withUrl } from "./faults-scheduler.table.ts";
import { FAULTS, listed } from "./faults.table.ts";
import { type Change, changed, cluster } from "./written.ts";

/** What is said about settings, line by line; nothing if they are accepted. */
const saidOf = (written: unknown): readonly string[] => {
  try {
    readSettings({ inline: written, name: "settings" });
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.faults.map(renderFault);
    throw error;
  }
};

describe("settings are refused, with field, value and rule, for", () => {
  it.each(FAULTS)("%s", (_, changes, said) => {
    const lines = saidOf(changed(...changes));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(said);
  });

  it.each([[null], [7], ["text"], [[]]])("a whole that is %j", (written) => {
    expect(saidOf(written)).toEqual([
      expect.stringContaining("the settings must be a map with the settings"),
    ]);
  });
});

describe("all faults are named together", () => {
  it("whether in structure or between settings, in several clusters", () => {
    const lines = saidOf(
      changed(
        ["beatSeconds", 99],
        ["alerts.identity", "other.dev"],
        [`${main}.scheduler.start`, "beat"],
        ["clusters.second", { ...cluster(), nodes: {}, timers: { skewSeconds: 99 } }],
      ),
    );
    expect(lines.map((line) => line.split(/ is | must /)[0])).toEqual([
      "beatSeconds",
      "clusters.second.timers.skewSeconds",
      "alerts.identity",
      "clusters.main.scheduler.start",
      "clusters.second.nodes",
    ]);
  });

  it("and a section with a fault in itself calls forth no second one", () => {
    expect(saidOf(changed([`${main}.timers`, { grantSeconds: "long", killGraceSeconds: 500 }]))).toHaveLength(
      1,
    );
  });
});

describe("settings are accepted", () => {
  const good: readonly (readonly [string, readonly Change[]])[] = [
    ["as short as can be", []],
    ["with nodes in a list", listed],
    [
      "with a start command and everything that goes with it",
      [
        ...started,
        [`${main}.scheduler.stop`, "/opt/beat stop"],
        [`${main}.scheduler.pattern`, "celery .* beat"],
        [`${main}.scheduler.user`, "airflow"],
        [`${main}.scheduler.activate`, "/opt/venv/bin/activate"],
      ],
    ],
    ["with a fence beside the guard", [[`${main}.fence`, "ec2-stop"]]],
    [
      "with a fence in place of the guard",
      [
        [`${main}.fence`, "ec2-stop"],
        [`${main}.guard`, "off"],
      ],
    ],
    [
      "with a URL's JSON",
      [withUrl, [`${main}.health.jsonPath`, "$.daemon.status"], [`${main}.health.equals`, "healthy"]],
    ],
    [
      "with what a webserver says, where that is meant so",
      [
        [`${main}.health.url`, "http://web.airline.dev/health"],
        [`${main}.health.jsonPath`, "$.scheduler.status"],
        [`${main}.health.answeredBy`, "anybody"],
      ],
    ],
    [
      "with a URL elsewhere that is meant so",
      [
        [`${main}.health.url`, "http://10.0.0.7/health"],
        [`${main}.health.answeredBy`, "anybody"],
      ],
    ],
    ["with a URL of the node itself by IPv6", [[`${main}.health.url`, "http://[::1]:8974/health"]]],
    ["without the check that is written down", [withUrl, [`${main}.health.enabled`, false]]],
    ["with a grant just long enough", [[`${main}.timers.grantSeconds`, 106]]],
    ["with the sender's domain as identity", [["alerts.identity", "airline.dev"]]],
    [
      "with two schedulers on the same nodes",
      [["clusters.beat", { ...cluster(), scheduler: { unit: "celery-beat.service" } }]],
    ],
    [
      "with the same scheduler on other nodes",
      [["clusters.beat", { ...cluster(), nodes: { tag: { key: "a", value: "b" } } }]],
    ],
  ];
  it.each(good)("%s", (_, changes) => {
    expect(saidOf(changed(...changes))).toEqual([]);
  });
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PATTERN_OF_AIRFLOW } from "../../lib/settings/profiles.ts";
import { convertStart, convertStop } from "../../lib/cli/airflow/commands.ts";
import { readAirflowConfig } from "../../lib/cli/airflow/config-file.ts";
import { convert } from "../../lib/cli/airflow/convert.ts";
import { readSettings } from "../../lib/settings/read.ts";
import { type, type Script } from "./support/scripted-io.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "init-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const CFG = new URL("support/airflow.cfg", import.meta.url).pathname;
const here = (line: string, more: Script = {}) => type(line, { directory, ...more });
const written = (name = "settings.yaml") => readFileSync(join(directory, name), "utf8");

describe("init", () => {
  it("writes the settings of the golden file, which are sound but for their placeholders", async () => {
    const { code, io } = await here("init");
    expect(code).toBe(0);
    await expect(written()).toMatchFileSnapshot("init.golden.yaml");
    expect(readSettings({ file: join(directory, "settings.yaml") }).clusters).toHaveProperty("main");
    expect(io.output).toContain("alerts.to has operations@example.com");
  });

  it("never writes over a file, and says so", async () => {
    writeFileSync(join(directory, "settings.yaml"), "mine\n");
    const { code, io } = await here("init");
    expect(code).toBe(0);
    expect(written()).toBe("mine\n");
    expect(io.output).toContain("is there already: nothing is added to it");
  });

  it("takes -venv in its old place", async () => {
    await here("-venv /opt/venv/bin/activate init");
    expect(written()).toContain("# activate: /opt/venv/bin/activate");
  });
});

describe("init --airflow-cfg", () => {
  it("writes the settings of the golden file and tells each key's fate, and no secret", async () => {
    const { code, io } = await here(`-venv /opt/venv/bin/activate init --airflow-cfg ${CFG}`);
    expect(code).toBe(0);
    await expect(`${io.output}\n${written()}`).toMatchFileSnapshot("init-airflow.golden.txt");
    expect(io.screen + written()).not.toContain("hunter2");
    expect(readSettings({ file: join(directory, "settings.yaml") }).clusters["main"]?.scheduler).toEqual({
      start: "export AIRFLOW_HOME=/home/airflow/airflow;airflow scheduler",
      pattern: PATTERN_OF_AIRFLOW.value,
      user: "ana",
      activate: "/opt/venv/bin/activate",
    });
  });

  it("lets the environment override the file, and names the variable", async () => {
    const environment = { AIRFLOW__SCHEDULER_FAILOVER__ALERT_TO_EMAIL: "ops@airline.dev" };
    const { io } = await here(`init --airflow-cfg ${CFG}`, { environment });
    expect(io.output).toMatch(/, from\s+AIRFLOW__SCHEDULER_FAILOVER__ALERT_TO_EMAIL/);
    expect(written()).toContain("to: [ops@airline.dev]");
  });

  it("writes nothing from a file without the predecessor's section", async () => {
    writeFileSync(join(directory, "airflow.cfg"), "[core]\nexecutor = LocalExecutor\n");
    const { code, io } = await here("init --airflow-cfg airflow.cfg");
    expect(code).toBe(1);
    expect(io.errors).toContain("no section [scheduler_failover]");
    expect(() => written()).toThrow("ENOENT");
  });

  it("says which file cannot be read", async () => {
    const { code, io } = await here("init --airflow-cfg nowhere.cfg");
    expect(code).toBe(2);
    expect(io.errors).toContain("nowhere.cfg cannot be read: ENOENT");
  });
});

describe("a configuration file", () => {
  it("is read as Python's configparser reads it", () => {
    const text =
      "; note\n[A]\nOne = 1 ; not a comment\n# note\ntwo: x=y\nlong = a\n  b\n\n[b]\none=2\nempty =\n";
    const config = readAirflowConfig(text, {});
    const plain = [...config].map(([name, keys]) => [
      name,
      [...keys].map(([key, { value }]) => [key, value]),
    ]);
    expect(plain).toEqual([
      [
        "a",
        [
          ["one", "1 ; not a comment"],
          ["two", "x=y"],
          ["long", "a\nb"],
        ],
      ],
      [
        "b",
        [
          ["one", "2"],
          ["empty", ""],
        ],
      ],
    ]);
  });
});

const LOOP =
  "for pid in `ps -ef | grep \"airflow scheduler\" | awk '{print $2}'` \\; do kill -9 $pid \\; done";

describe("a start command", () => {
  it.each([
    ["sudo systemctl restart airflow-scheduler", { unit: "airflow-scheduler.service" }],
    ["/bin/systemctl start airflow@1.service", { unit: "airflow@1.service" }],
    ["nohup airflow scheduler &", { start: "airflow scheduler", pattern: PATTERN_OF_AIRFLOW.value }],
    [
      "export A=/h;source /v/bin/activate;nohup airflow scheduler >> ~/l.log 2>&1 &",
      {
        start: "export A=/h;airflow scheduler",
        activate: "/v/bin/activate",
        pattern: PATTERN_OF_AIRFLOW.value,
      },
    ],
    ["export A=/h;;nohup airflow scheduler &", { start: "export A=/h;airflow scheduler" }],
    ["export A=/h\\;airflow scheduler", { start: "export A=/h;airflow scheduler" }],
    ["{}", { start: "" }],
    ["/opt/run.sh --fast", { start: "/opt/run.sh --fast" }],
  ])("%s becomes %o", (command, expected) => {
    expect(convertStart(command)).toMatchObject(expected);
  });
});

describe("a stop command", () => {
  it.each([
    ["the loop over ps", LOOP, false, undefined],
    ["systemctl beside a unit", "sudo systemctl stop airflow-scheduler", true, undefined],
    ["one of their own", "/opt/stop.sh \\; sleep 1", false, "/opt/stop.sh ; sleep 1"],
  ])("%s", (_, command, hasUnit, expected) => {
    expect(convertStop(command, hasUnit).stop).toBe(expected);
  });
});

describe("a key of the predecessor", () => {
  const fate = (section: string, key: string, value: string) => {
    const config = readAirflowConfig(`[${section}]\n${key} = ${value}\n`, {});
    const { draft, outcomes } = convert(config, { user: "root" });
    return { draft, ...outcomes[0] };
  };

  it.each([
    [
      "scheduler_nodes_in_cluster",
      "i-0a1f2e3d4c5b69788.ec2.internal",
      { draft: { instanceIds: ["i-0a1f2e3d4c5b69788"] } },
    ],
    ["scheduler_nodes_in_cluster", "localhost", { draft: { hosts: ["localhost"] } }],
    ["poll_frequency", "10", { draft: { beatSeconds: 10 } }],
    ["poll_frequency", "2", { draft: { beatSeconds: 5 } }],
    ["poll_frequency", "60", { draft: {} }],
    ["poll_frequency", "often", { setting: "-" }],
    ["logging_level", "warning", { draft: { logLevel: "warn" } }],
    ["retry_count_before_alerting", "3", { draft: { retriesBeforeAlert: 3 } }],
    ["retry_count_before_alerting", "0", { setting: "-" }],
    ["alert_to_email", "a@b.dev; c@d.dev", { draft: { to: ["a@b.dev", "c@d.dev"] } }],
    ["alert_to_email", "airflow@airflow.com,a@b.dev", { draft: { to: ["a@b.dev"] } }],
    ["alert_email_subject", "Airflow", { draft: { subjectPrefix: "Airflow" } }],
    ["scheduler_restart_sleep_time", "35", { draft: { settleSeconds: 35 } }],
    ["metadata_service_type", "ZookeeperMetadataService", { setting: "-" }],
    ["of_nobody", "1", { setting: "-", says: "no key that the predecessor knew." }],
  ])("%s = %s becomes %o", (key, value, expected) => {
    expect(fate("scheduler_failover", key, value)).toMatchObject(expected);
  });

  it.each([
    ["smtp", "smtp_mail_from", "failover@airline.dev", { draft: { from: "failover@airline.dev" } }],
    ["smtp", "smtp_mail_from", "airflow@example.com", { draft: {} }],
    ["webserver", "base_url", "https://af.airline.dev/", { setting: "-" }],
    ["database", "sql_alchemy_conn", "mysql://u:p@h/d", { value: "(not shown)", setting: "-" }],
  ])("[%s] %s = %s becomes %o", (section, key, value, expected) => {
    expect(fate(section, key, value)).toMatchObject(expected);
  });
});

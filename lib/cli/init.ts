/** `init`: a settings file to begin with, and the account of what became of the predecessor's keys. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { placeholders } from "../settings/placeholders.ts";
import { readSettings } from "../settings/read.ts";
import { SettingsError } from "../settings/faults.ts";
import { readAirflowConfig, type AirflowConfig } from "./airflow/config-file.ts";
import { convert, type Outcome } from "./airflow/convert.ts";
import { messageOf } from "./failures.ts";
import { CommandError, type ExitCode, type Io } from "./io.ts";
import { wrap } from "./render.ts";
import { settingsText, type SettingsDraft } from "./settings-draft.ts";

export interface InitOptions {
  readonly airflowCfg?: string;
  readonly output: string;
  /** Of `-venv`. */
  readonly venv?: string;
}

export function init(io: Io, options: InitOptions): Promise<ExitCode> {
  const file = resolve(io.directory, options.output);
  if (existsSync(file)) {
    io.out(`${options.output} is there already: nothing is added to it, and nothing written.`);
    return Promise.resolve(0);
  }
  const draft =
    options.airflowCfg === undefined ? fromNothing(options) : fromAirflow(io, options.airflowCfg, options);
  write(file, options.output, settingsText(draft));
  io.out(`Wrote ${options.output}.`);
  tellFaults(io, file, options.output);
  return Promise.resolve(0);
}

function fromNothing({ venv: activate }: InitOptions): SettingsDraft {
  return activate === undefined ? {} : { activate };
}

function fromAirflow(io: Io, name: string, { venv }: InitOptions): SettingsDraft {
  const config = readConfig(io, name);
  if (!config.has("scheduler_failover")) {
    throw new CommandError(
      `${name} has no section [scheduler_failover], and no AIRFLOW__SCHEDULER_FAILOVER__ variable is set: nothing is written. Without --airflow-cfg, init writes settings to begin with.`,
      1,
    );
  }
  const { draft, outcomes } = convert(config, { user: io.user, ...(venv === undefined ? {} : { venv }) });
  io.out(outcomes.map(renderOutcome).join("\n\n"));
  io.out("");
  return draft;
}

function readConfig(io: Io, name: string): AirflowConfig {
  try {
    return readAirflowConfig(readFileSync(resolve(io.directory, name), "utf8"), io.environment);
  } catch (error) {
    throw new CommandError(`${name} cannot be read: ${messageOf(error)}`, 2, error);
  }
}

/** Never over a file that somebody has made in the meantime. */
function write(file: string, name: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: "wx" });
  } catch (error) {
    throw new CommandError(`${name} cannot be written: ${messageOf(error)}`, 2, error);
  }
}

function renderOutcome({ key, value, origin, setting, says }: Outcome): string {
  const from = origin === "airflow.cfg" ? "" : `, from ${origin}`;
  const head = wrap(`${key} = ${value}${from}`, "    ");
  const [first = "", ...rest] = says.split("\n");
  const became = setting === "-" ? `no counterpart: ${first}` : `${setting}: ${first}`;
  return [head, wrap(`  ${became}`, "    "), ...rest.map((note) => wrap(`    ${note}`, "    "))].join("\n");
}

/** What is still to be done before it can be deployed. */
function tellFaults(io: Io, file: string, name: string): void {
  try {
    const left = placeholders(readSettings({ file }));
    if (left.length > 0)
      io.out(wrap(`Before a deployment, change the lines marked \`change\`: ${left.join("; ")}.`));
    io.out(`Then name ${name} in cdk.json under context.settings, and run: npx cdk synth -q`);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    io.out(error.message.replace(file, name));
  }
}

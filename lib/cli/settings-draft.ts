/** Settings to begin with, as a commented file: what is known is filled in, what is not is an example to be changed. */
import { PROFILE_NAMES } from "../core/settings.ts";

/** What is known of the settings; the rest are placeholders, which a deployment refuses. */
export interface SettingsDraft {
  readonly beatSeconds?: number;
  readonly logLevel?: string;
  readonly from?: string;
  readonly to?: readonly string[];
  readonly subjectPrefix?: string;
  readonly retriesBeforeAlert?: number;
  readonly instanceIds?: readonly string[];
  /** Names of nodes whose instance ids are not known. */
  readonly hosts?: readonly string[];
  readonly unit?: string;
  readonly start?: string;
  readonly stop?: string;
  readonly pattern?: string;
  readonly user?: string;
  readonly activate?: string;
  readonly settleSeconds?: number;
}

const CHANGE = " # change";

export function settingsText(draft: SettingsDraft): string {
  return [...deploymentLines(draft), "clusters:", "  main:", ...nodeLines(draft), ...schedulerLines(draft)]
    .concat(healthLines(draft), timerLines(draft), LAST_LINES)
    .join("\n");
}

function deploymentLines(draft: SettingsDraft): string[] {
  const { beatSeconds, logLevel, from, to, subjectPrefix, retriesBeforeAlert } = draft;
  return [
    "# Settings of the scheduler failover controller. docs/settings.md has all of them,",
    "# with their defaults. `npx cdk synth -q` tells every fault at once.",
    "",
    ...optional("", "beatSeconds", beatSeconds, "from one tick to the next"),
    ...optional("", "logLevel", logLevel),
    "alerts:",
    "  # An address or a domain that SES may send from.",
    `  from: ${from ?? `scheduler-failover@example.com${CHANGE}`}`,
    `  to: [${(to ?? []).join(", ") || "operations@example.com"}]${to === undefined ? CHANGE : ""}`,
    ...optional("  ", "subjectPrefix", subjectPrefix),
    ...optional("  ", "retriesBeforeAlert", retriesBeforeAlert, "ticks that a problem may stand untold"),
  ];
}

function nodeLines({ instanceIds, hosts = [] }: SettingsDraft): string[] {
  if (instanceIds !== undefined) {
    return [
      "    nodes:",
      `      instanceIds: [${instanceIds.join(", ")}]`,
      `      prefer: [${instanceIds.join(", ")}]`,
    ];
  }
  return [
    "    nodes:",
    ...(hosts.length === 0 ? [] : [`      # Until now: ${hosts.join(", ")}. Give each of them this tag,`]),
    ...(hosts.length === 0
      ? []
      : ["      # or list them here: `get_current_host` prints the line for each."]),
    `      tag: { key: scheduler-failover, value: main }${CHANGE}`,
    "      # prefer: []  # instance ids, the first choice first",
  ];
}

function schedulerLines({ unit, start, stop, pattern, user, activate }: SettingsDraft): string[] {
  if (start === undefined) {
    return [
      "    scheduler:",
      `      # Or ${PROFILE_NAMES.slice(1).join(", ")}: what is known of`,
      "      # the daemon fills in what is left out here, as docs/profiles.md says.",
      `      profile: airflow-2${CHANGE}`,
      "      # A systemd unit; or `start` with a command, where there is none.",
      `      unit: ${unit ?? `airflow-scheduler.service${CHANGE}`}`,
      ...(activate === undefined
        ? []
        : [`      # activate: ${activate}  # only with \`start\`; a unit has it in its ExecStart`]),
    ];
  }
  return [
    "    scheduler:",
    "      # profile: airflow-2  # or another of docs/profiles.md: fills in health check and times",
    `      start: ${quoted(start)}`,
    ...optional("      ", "stop", stop),
    ...(pattern === undefined
      ? ["      # pattern: ...  # change: what its command line matches, and no other; or pidFile"]
      : optional("      ", "pattern", pattern, "what its command line matches, and no other")),
    ...(user === undefined
      ? ["      # user: airflow  # who runs it; root without this"]
      : [`      user: ${user}`]),
    ...optional("      ", "activate", activate),
  ];
}

/** Without a profile there is no check, with one there is. */
const healthLines = ({ start }: SettingsDraft): string[] => [
  "    # How a scheduler that runs and hangs is found: its own health server is asked, on the active",
  "    # node. Needs `enable_health_check = True` in [scheduler] of airflow.cfg (Airflow 2.4 on).",
  start === undefined
    ? "    # health: { enabled: false }  # without it, this must be said here"
    : "    # health: { url: http://localhost:8974/health }",
];

function timerLines({ settleSeconds }: SettingsDraft): string[] {
  if (settleSeconds === undefined)
    return ["    # timers: { settleSeconds: 60 }  # how long a start may take"];
  return ["    timers:", `      settleSeconds: ${settleSeconds} # how long a start may take`];
}

const LAST_LINES = [
  "    # Look and report first, and change nothing; then take this out, and deploy.",
  "    # startIn: observe",
  "",
];

function optional(indent: string, name: string, value: string | number | undefined, says?: string): string[] {
  if (value === undefined) return [];
  return [
    `${indent}${name}: ${typeof value === "number" ? value : quoted(value)}${says === undefined ? "" : ` # ${says}`}`,
  ];
}

/** YAML's double-quoted style takes JSON's escapes. */
function quoted(value: string): string {
  return /^[A-Za-z0-9/][\w./@-]*$/.test(value) ? value : JSON.stringify(value);
}

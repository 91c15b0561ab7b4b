/** The predecessor's start and stop commands, and what of them is still needed. */

import { PATTERN_OF_AIRFLOW } from "../../settings/profiles.ts";

export interface StartCommand {
  /** A systemd unit, where the command was nothing but systemctl. */
  readonly unit?: string;
  readonly start?: string;
  /** What its command line matches, where that is plain. */
  readonly pattern?: string;
  /** The activate file that was sourced in it. */
  readonly activate?: string;
  /** What was changed and why, each a sentence. */
  readonly notes: readonly string[];
}

const SYSTEMCTL =
  /^(sudo\s+)?(\/(usr\/)?bin\/)?systemctl\s+(--\S+\s+)*(?<verb>start|restart|stop)\s+(?<unit>[\w:.@\\-]+)$/;

/** Python shows the script that it runs with its arguments; the predecessor searched for the same two words. */
const AIRFLOW = /\bairflow scheduler\b/;

/** A full name, as the settings want it. */
function unitName(unit: string): string {
  return unit.endsWith(".service") ? unit : `${unit}.service`;
}

export function convertStart(written: string): StartCommand {
  const unit = SYSTEMCTL.exec(written.trim())?.groups?.["unit"];
  if (unit !== undefined) {
    return {
      unit: unitName(unit),
      notes: ["systemd runs it: the controller guards the unit itself, and needs no sudo."],
    };
  }
  const notes: string[] = [];
  let start = written.replaceAll(/\s*\n\s*/g, " ").trim();
  const change = (pattern: RegExp, by: string, note: string): void => {
    const next = start.replace(pattern, by);
    if (next !== start) notes.push(note);
    start = next;
  };
  const activate = /(?:^|;)\s*(?:source|\.)\s+(?<path>\/[^\s;]+)\s*;/.exec(start)?.groups?.["path"];
  change(/(^|;)\s*(?:source|\.)\s+\/[^\s;]+\s*;/, "$1", "The virtual environment is the setting `activate`.");
  change(
    /\{\}\s*;?/g,
    "",
    "`{}` stood for the virtual environment, put in by `init -venv PATH`: it is the setting `activate`.",
  );
  change(/\\;/g, ";", "`\\;` is `;`.");
  change(/;(\s*;)+/g, ";", "`;;` is a syntax error in sh: one of the two is gone.");
  change(
    /\s*>>?\s*\S+(\s+2>&1)?\s*(&?)\s*$/,
    "$2",
    "The output goes to /var/log/scheduler-failover/CLUSTER.log on the node.",
  );
  change(
    /\s*&\s*$/,
    "",
    "`&` is gone: the command is started detached, and is the scheduler's main process.",
  );
  change(/\bnohup\s+/, "", "`nohup` is gone: there is no terminal to hang up.");
  start = start.replace(/^[\s;]+|[\s;]+$/g, "");
  return {
    start,
    notes,
    ...(AIRFLOW.test(start) ? { pattern: PATTERN_OF_AIRFLOW.value } : {}),
    ...(activate === undefined ? {} : { activate }),
  };
}

export interface StopCommand {
  readonly stop?: string;
  readonly note: string;
}

/** `hasUnit`: the start is a systemd unit. */
export function convertStop(written: string, hasUnit: boolean): StopCommand {
  const bare = written
    .replaceAll(String.raw`\;`, ";")
    .replaceAll(/\s*\n\s*/g, " ")
    .trim();
  if (/\bps\s+-\w+/.test(bare) && /\bgrep\b/.test(bare) && /\bkill\b/.test(bare)) {
    return {
      note: "The loop of ps, grep and kill -9 is not needed: a stop is TERM, `killGraceSeconds`, then KILL for all that the start has started; and grep no longer finds itself.",
    };
  }
  if (hasUnit) return { note: "systemd stops its unit: a unit has no stop command beside it." };
  const changed = written.includes(String.raw`\;`) ? " `\\;` is `;`." : "";
  return {
    stop: bare,
    note: `Run before TERM and KILL; a stop is proven by looking, and not by its exit status.${changed}`,
  };
}

/** What becomes of each key of a predecessor's configuration: a setting, or the reason why it has no counterpart. */
import type { SettingsDraft } from "../settings-draft.ts";
import type { AirflowConfig, Entry } from "./config-file.ts";
import { none, RULES, type Rule } from "./rules.ts";

/** What became of one key. */
export interface Outcome {
  /** `[section] key` */
  readonly key: string;
  readonly value: string;
  readonly origin: string;
  /** Where the key went; `-` where it has no counterpart. */
  readonly setting: string;
  readonly says: string;
}

export interface Conversion {
  readonly draft: SettingsDraft;
  readonly outcomes: readonly Outcome[];
}

export interface Here {
  /** Who runs this: the predecessor started the scheduler as whoever ran it. */
  readonly user: string;
  /** Of `-venv`. */
  readonly venv?: string;
}

export function convert(config: AirflowConfig, here: Here): Conversion {
  let draft: SettingsDraft = here.venv === undefined ? {} : { activate: here.venv };
  const outcomes: Outcome[] = [];
  for (const [section, key, entry] of known(config)) {
    const rule = ruleFor(section, key);
    const { draft: more, setting, says } = rule(entry.value.trim(), draft);
    draft = { ...draft, ...more };
    outcomes.push({
      key: `[${section}] ${key}`,
      value: shown(key, entry),
      origin: entry.origin,
      setting,
      says,
    });
  }
  if (draft.start === undefined || here.user === "root") return { draft, outcomes };
  return { draft: { ...draft, user: here.user }, outcomes: outcomes.map((one) => withUser(one, here.user)) };
}

/** The predecessor started the scheduler as whoever ran the predecessor; the agent that runs it now is root. */
function withUser(outcome: Outcome, user: string): Outcome {
  if (outcome.setting !== "scheduler.start") return outcome;
  const note = `\`user\` is ${user}, who runs this: change it where the scheduler belongs to somebody else.`;
  return { ...outcome, says: `${outcome.says}\n${note}` };
}

/** The keys that bear on the controller, in the order of the file: start before stop, as the predecessor wrote them. */
function* known(config: AirflowConfig): Generator<readonly [section: string, key: string, entry: Entry]> {
  for (const section of ["scheduler_failover", "smtp", "core", "database", "webserver"]) {
    for (const [key, entry] of config.get(section) ?? []) {
      if (section === "scheduler_failover" || ruleOf(section, key)) yield [section, key, entry];
    }
  }
}

const SECRET = /password|conn|_cmd$/;

function shown(key: string, { value }: Entry): string {
  if (value === "") return "(empty)";
  return SECRET.test(key) ? "(not shown)" : value.replaceAll(/\s*\n\s*/g, " ");
}

function ruleFor(section: string, key: string): Rule {
  return ruleOf(section, key) ?? none("no key that the predecessor knew.");
}

function ruleOf(section: string, key: string): Rule | undefined {
  const rules = RULES[section] ?? {};
  return Object.hasOwn(rules, key) ? rules[key] : undefined;
}

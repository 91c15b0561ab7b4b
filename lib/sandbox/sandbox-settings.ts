/** The settings that a sandbox deploys: its own file with paths put in, and what the caller wants otherwise. */
import { readFileSync, writeFileSync } from "node:fs";
import { parse, stringify } from "yaml";
import { isRecord, textOf } from "./values.ts";
import { DEMO_SCHEDULER } from "./nodes/demo-scheduler.ts";

export type SettingsOverride = Readonly<Record<string, unknown>>;

/** Writes the settings file; answers the tags by which nodes belong to a cluster, one set for each cluster. */
export function writeSettings(
  file: string,
  ledger: string,
  override: SettingsOverride,
): readonly Readonly<Record<string, string>>[] {
  const own: unknown = parse(readFileSync(new URL("settings.yaml", import.meta.url), "utf8"));
  const settings = fill(merge(own, override), {
    start: shellWords("exec", process.execPath, DEMO_SCHEDULER, "run", "--ledger", ledger),
    health: shellWords("exec", process.execPath, DEMO_SCHEDULER, "health"),
  });
  writeFileSync(file, stringify(settings));
  const clusters = isRecord(settings) && isRecord(settings["clusters"]) ? settings["clusters"] : {};
  return Object.values(clusters).map(tagOf);
}

function tagOf(cluster: unknown): Record<string, string> {
  const nodes = isRecord(cluster) && isRecord(cluster["nodes"]) ? cluster["nodes"] : {};
  const { tag } = nodes;
  return isRecord(tag) ? { [textOf(tag["key"])]: textOf(tag["value"]) } : {};
}

/** Maps are merged member by member; anything else is replaced, and `null` takes it away. */
export function merge(base: unknown, override: unknown): unknown {
  if (!isRecord(base) || !isRecord(override)) return override;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(override)) {
    if (value === null) delete merged[key];
    else merged[key] = Object.hasOwn(base, key) ? merge(base[key], value) : value;
  }
  return merged;
}

function fill(value: unknown, words: Readonly<Record<string, string>>): unknown {
  if (typeof value === "string") {
    return value.replaceAll(/\$\{(\w+)\}/gu, (whole, name: string) => words[name] ?? whole);
  }
  if (Array.isArray(value)) return value.map((one) => fill(one, words));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, fill(member, words)]));
}

/** Words as a shell takes them literally. */
function shellWords(...words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`))
    .join(" ");
}

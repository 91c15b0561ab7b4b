/** Reads settings, from a YAML file or an object, and completes them; or throws all their faults at once. */
import { readFileSync } from "node:fs";
import { LineCounter, isMap, isNode, isScalar, isSeq, parseDocument, type Document } from "yaml";
import type { z } from "zod";
import type { Settings } from "../core/settings.ts";
import { type AppliedProfile, applyProfiles } from "./apply-profile.ts";
import { complete } from "./complete.ts";
import { type Fault, SettingsError, lookUp, structuralFaults } from "./faults.ts";
import { settingPaths } from "./reference.ts";
import { type Nameable, clusterRules } from "./cluster-rules.ts";
import { healthRules } from "./health-rules.ts";
import * as rules from "./rules.ts";
import { schedulerRules } from "./scheduler-rules.ts";
import { healthSchema, schedulerSchema } from "./scheduler-schema.ts";
import * as schema from "./schema.ts";

/** A file's path, or settings that are at hand already and the name by which faults speak of them. */
export type SettingsSource = { readonly file: string } | { readonly inline: unknown; readonly name: string };

/** Settings, and what became of the values of the profiles that they name. */
export interface SettingsRead {
  readonly settings: Settings;
  readonly profiles: readonly AppliedProfile[];
}

/** @throws SettingsError with every fault found. */
export const readSettings = (source: SettingsSource): Settings => readWithProfiles(source).settings;

/** @throws SettingsError with every fault found. */
export const readWithProfiles = (source: SettingsSource): SettingsRead => {
  if ("inline" in source) return checkSettings(source.inline, source.name);
  const { document, lines } = parseFile(source.file);
  const lineOf = (path: readonly string[]): number | undefined => lineAt(document, lines, path);
  return checkSettings(toObject(source.file, document), source.file, lineOf);
};

const checkSettings = (
  written: unknown,
  name: string,
  lineOf: (path: readonly string[]) => number | undefined = () => undefined,
): SettingsRead => {
  const { filled, applied } = applyProfiles(written);
  const parsed = schema.settingsSchema.safeParse(filled);
  const structural = parsed.success ? [] : structuralFaults(parsed.error.issues, filled, settingPaths());
  const faults = [...structural, ...relationFaults(written, filled)];
  if (parsed.success && faults.length === 0) return { settings: complete(parsed.data), profiles: applied };
  const placed = faults.map((fault): Fault => {
    const line = lineOf(fault.path);
    return line === undefined ? fault : { ...fault, line };
  });
  throw new SettingsError(
    name,
    placed.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)),
  );
};

/** A section by itself, if it is sound: `undefined` otherwise, and then no rule that reads it is judged. */
const sound = <S extends z.ZodType>(
  part: S,
  written: unknown,
  path: readonly string[],
): z.output<S> | undefined => {
  const found = lookUp(written, path);
  const parsed = part.safeParse(found === "absent" ? undefined : found.value);
  return parsed.success ? parsed.data : undefined;
};

/** Whose a value is that nobody wrote: a profile's, if it has been filled in, or else a default. */
const originOf = (path: readonly string[], written: unknown, filled: unknown): string | undefined => {
  if (lookUp(written, path) !== "absent") return undefined;
  if (lookUp(filled, path) === "absent") return "by default";
  const profile = lookUp(written, [...path.slice(0, 2), "scheduler", "profile"]);
  return profile === "absent" ? "by default" : `from profile ${String(profile.value)}`;
};

/** Judges every rule whose sections are sound. `filled` is what was written with the profiles' values in it. */
const relationFaults = (written: unknown, filled: unknown): readonly Fault[] => {
  const faults: Fault[] = [];
  const judge = <S>(
    table: readonly rules.Rule<S>[],
    section: S | undefined,
    base: readonly string[],
  ): void => {
    if (section === undefined) return;
    for (const { path, rule, value } of rules.judge(table, section)) {
      const full = [...base, ...path];
      const from = originOf(full, written, filled);
      const found = { value, ...(from === undefined ? {} : { from }) };
      faults.push({ path: full, rule, found: value === undefined ? "unasked" : found });
    }
  };

  judge(rules.alertRules, sound(schema.alertsSchema, filled, ["alerts"]), ["alerts"]);
  const beatSeconds = sound(schema.beatSchema, filled, ["beatSeconds"]);
  const nameable = new Map<string, Nameable>();
  for (const name of clusterNames(filled)) {
    const at = (field: string): readonly string[] => ["clusters", name, field];
    const nodes = sound(schema.nodesSchema, filled, at("nodes"));
    const scheduler = sound(schedulerSchema, filled, at("scheduler"));
    const timers = sound(schema.timersSchema.prefault({}), filled, at("timers"));
    const guard = sound(schema.guardSchema, filled, at("guard"));
    const fence = sound(schema.fenceSchema, filled, at("fence"));
    judge(rules.nodeRules, nodes, at("nodes"));
    judge(schedulerRules, scheduler, at("scheduler"));
    judge(healthRules, sound(healthSchema.optional(), filled, at("health")), at("health"));
    judge(rules.timerRules, timers && beatSeconds ? { timers, beatSeconds } : undefined, at("timers"));
    judge(rules.fenceRules, guard && fence && scheduler ? { guard, fence, scheduler } : undefined, [
      "clusters",
      name,
    ]);
    if (nodes && scheduler) nameable.set(name, { nodes, scheduler, fence: fence ?? "none" });
  }
  judge(clusterRules, nameable, ["clusters"]);
  return faults;
};

const clusterNames = (written: unknown): readonly string[] => {
  const found = lookUp(written, ["clusters"]);
  if (found === "absent" || typeof found.value !== "object" || found.value === null) return [];
  return Object.keys(found.value);
};

const parseFile = (file: string): { readonly document: Document; readonly lines: LineCounter } => {
  const lines = new LineCounter();
  const document = parseDocument(readText(file), { version: "1.2", lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const faults = document.errors.map(({ message, pos }): Fault => {
      return {
        path: [],
        rule: `cannot be read as YAML: ${message}`,
        found: "unasked",
        line: lines.linePos(pos[0]).line,
      };
    });
    throw new SettingsError(file, faults);
  }
  return { document, lines };
};

const readText = (file: string): string => {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SettingsError(file, [
      { path: [], rule: `cannot be read from this file: ${why}`, found: "unasked" },
    ]);
  }
};

const toObject = (file: string, document: Document): unknown => {
  try {
    return document.toJS();
  } catch (error) {
    /** Aliases without an anchor, or so many that they would fill the memory. */
    const why = error instanceof Error ? error.message : String(error);
    throw new SettingsError(file, [{ path: [], rule: `cannot be read as YAML: ${why}`, found: "unasked" }]);
  }
};

/** The line of the innermost thing on the path that the file has: of its key where it has one. */
const lineAt = (document: Document, lines: LineCounter, path: readonly string[]): number | undefined => {
  let node: unknown = document.contents;
  let offset = isNode(node) ? node.range?.[0] : undefined;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === part);
      if (!pair) break;
      if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      if (isNode(node)) offset = node.range?.[0] ?? offset;
    } else break;
  }
  return offset === undefined ? undefined : lines.linePos(offset).line;
};

/** Reads settings, from a YAML file or an object, and completes them; or throws all their faults at once. */
import { readFileSync } from "node:fs";
import { LineCounter, isMap, isNode, isScalar, isSeq, parseDocument, type Document } from "yaml";
import type { z } from "zod";
import type { Settings } from "../core/settings.ts";
import { complete } from "./complete.ts";
import { type Fault, SettingsError, lookUp, structuralFaults } from "./faults.ts";
import { settingPaths } from "./reference.ts";
import { type Nameable, clusterRules } from "./cluster-rules.ts";
import * as rules from "./rules.ts";
import { schedulerRules } from "./scheduler-rules.ts";
import * as schema from "./schema.ts";

/** A file's path, or settings that are at hand already and the name by which faults speak of them. */
export type SettingsSource = { readonly file: string } | { readonly inline: unknown; readonly name: string };

/** @throws SettingsError with every fault found. */
export const readSettings = (source: SettingsSource): Settings => {
  if ("inline" in source) return checkSettings(source.inline, source.name);
  const { document, lines } = parseFile(source.file);
  const lineOf = (path: readonly string[]): number | undefined => lineAt(document, lines, path);
  return checkSettings(toObject(source.file, document), source.file, lineOf);
};

const checkSettings = (
  written: unknown,
  name: string,
  lineOf: (path: readonly string[]) => number | undefined = () => undefined,
): Settings => {
  const parsed = schema.settingsSchema.safeParse(written);
  const structural = parsed.success ? [] : structuralFaults(parsed.error.issues, written, settingPaths());
  const faults = [...structural, ...relationFaults(written)];
  if (parsed.success && faults.length === 0) return complete(parsed.data);
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

/** Judges every rule whose sections are sound; a value that nobody wrote is a default, and is called one. */
const relationFaults = (written: unknown): readonly Fault[] => {
  const faults: Fault[] = [];
  const judge = <S>(
    table: readonly rules.Rule<S>[],
    section: S | undefined,
    base: readonly string[],
  ): void => {
    if (section === undefined) return;
    for (const { path, rule, value } of rules.judge(table, section)) {
      const full = [...base, ...path];
      const byDefault = lookUp(written, full) === "absent";
      faults.push({ path: full, rule, found: value === undefined ? "unasked" : { value, byDefault } });
    }
  };

  judge(rules.alertRules, sound(schema.alertsSchema, written, ["alerts"]), ["alerts"]);
  const beatSeconds = sound(schema.beatSchema, written, ["beatSeconds"]);
  const nameable = new Map<string, Nameable>();
  for (const name of clusterNames(written)) {
    const at = (field: string): readonly string[] => ["clusters", name, field];
    const nodes = sound(schema.nodesSchema, written, at("nodes"));
    const scheduler = sound(schema.schedulerSchema, written, at("scheduler"));
    const timers = sound(schema.timersSchema.prefault({}), written, at("timers"));
    const guard = sound(schema.guardSchema, written, at("guard"));
    const fence = sound(schema.fenceSchema, written, at("fence"));
    judge(rules.nodeRules, nodes, at("nodes"));
    judge(schedulerRules, scheduler, at("scheduler"));
    judge(rules.healthRules, sound(schema.healthSchema.optional(), written, at("health")), at("health"));
    judge(rules.timerRules, timers && beatSeconds ? { timers, beatSeconds } : undefined, at("timers"));
    judge(rules.fenceRules, guard && fence ? { guard, fence } : undefined, ["clusters", name]);
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

/** Faults in settings: each names the field, its value and the rule, in a sentence that says what to do. */
import type { z } from "zod";

export interface Fault {
  /** From the top of the settings; list entries by their index. Empty: the settings as a whole. */
  readonly path: readonly string[];
  readonly rule: string;
  /**
   * `absent`: the field is not there. `unasked`: the rule is not about the value. `from`: whose the value is, where
   * nobody wrote it: `by default`, `from profile airflow-2`.
   */
  readonly found: { readonly value: unknown; readonly from?: string } | "absent" | "unasked";
  /** Line in the settings file. */
  readonly line?: number;
}

/** Settings that cannot be used: all faults at once. Its message is meant for a person; it needs no stack trace. */
export class SettingsError extends Error {
  readonly faults: readonly Fault[];
  readonly source: string;

  constructor(source: string, faults: readonly Fault[]) {
    const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
    super(
      [`${source}: ${count} in the settings`, ...faults.map((fault) => `  ${renderFault(fault)}`)].join("\n"),
    );
    this.name = "SettingsError";
    this.source = source;
    this.faults = faults;
  }
}

/** `line 9: clusters.main.timers.grantSeconds is 60: must be more than 105: ...` */
export const renderFault = ({ path, rule, found, line }: Fault): string => {
  const where = line === undefined ? "" : `line ${line}: `;
  if (path.length === 0) return `${where}the settings ${rule}`;
  const field = path.reduce(joinPath, "");
  if (found === "unasked") return `${where}${field} ${rule}`;
  if (found === "absent") return `${where}${field} is missing: ${rule}`;
  return `${where}${field} is ${shorten(found.value)}${found.from === undefined ? "" : ` ${found.from}`}: ${rule}`;
};

const joinPath = (path: string, part: string): string => {
  if (/^\d+$/.test(part)) return `${path}[${part}]`;
  const name = /^[\w-]+$/.test(part) ? part : JSON.stringify(part);
  return path === "" ? name : `${path}.${name}`;
};

const shorten = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

/** The value at a path of what was written, or that it is absent. */
export const lookUp = (written: unknown, path: readonly string[]): { readonly value: unknown } | "absent" => {
  let value = written;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return "absent";
    value = (value as Record<string, unknown>)[part];
  }
  return { value };
};

/** The faults that the schema found. `known` are the paths of all settings, `*` for a cluster's name. */
export const structuralFaults = (
  issues: readonly z.core.$ZodIssue[],
  written: unknown,
  known: readonly string[],
): readonly Fault[] => issues.flatMap((issue) => faultsOf(issue, written, known));

const faultsOf = (issue: z.core.$ZodIssue, written: unknown, known: readonly string[]): readonly Fault[] => {
  const path = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      path: [...path, key],
      rule: strangerRule(path, key, known),
      found: "unasked",
    }));
  }
  if (issue.code === "invalid_key") {
    return [{ path, rule: issue.issues[0]?.message ?? issue.message, found: "unasked" }];
  }
  return [{ path, rule: issue.message, found: lookUp(written, path) }];
};

const strangerRule = (parent: readonly string[], key: string, known: readonly string[]): string => {
  const here = knownBelow(parent, known);
  const near = here.filter((name) => distance(name.toLowerCase(), key.toLowerCase()) <= 2);
  if (near.length > 0) return `is not a setting: did you mean ${near.join(" or ")}?`;
  const elsewhere = known.filter((path) => path.split(".").at(-1) === key);
  if (elsewhere.length > 0) {
    return `is not a setting here: it belongs to ${elsewhere.map((path) => path.replace("*", "NAME")).join(" or ")}`;
  }
  return `is not a setting: valid here are ${here.join(", ")}`;
};

const knownBelow = (parent: readonly string[], known: readonly string[]): readonly string[] => {
  const prefix = parent
    .map((part, index) => (index === 1 && parent[0] === "clusters" ? "*" : part))
    .join(".");
  const start = prefix === "" ? "" : `${prefix}.`;
  const names = known
    .filter((path) => path.startsWith(start))
    .map((path) => path.slice(start.length).split(".")[0]);
  return [...new Set(names)].filter((name) => name !== undefined);
};

/** Levenshtein's distance: single characters inserted, removed or changed. */
export const distance = (one: string, other: string): number => {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [i, a] of one.split("").entries()) {
    const next = [i + 1];
    for (const [j, b] of other.split("").entries()) {
      const change = (row[j] ?? 0) + (a === b ? 0 : 1);
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
};

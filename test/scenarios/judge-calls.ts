/** What AWS's own service models say of every call in the scenarios that were played. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { judgeExchanges } from "../deploy/calls/exchanges.ts";
import { pythonEnvironment } from "../deploy/python.ts";

export interface JudgedCalls {
  /** The scenarios with a violation. */
  readonly guilty: readonly string[];
  /** The figures, and each kind of violation with its scenarios. */
  readonly text: string;
}

/** `folder`: the exchanges, a file for each scenario. Undefined, said aloud, where there is no Python for it. */
export function judgeCalls(folder: string): JudgedCalls | undefined {
  const python = pythonEnvironment("judges");
  if (python === undefined) return undefined;
  const found = new Map<string, string[]>();
  const sum = { requests: 0, replies: 0, errors: 0 };
  const files = readdirSync(folder);
  const guilty = files.filter((file) => {
    const { requests, replies, errors, violations } = judgeExchanges(python, join(folder, file));
    sum.requests += requests;
    sum.replies += replies;
    sum.errors += errors;
    for (const { operation, part, fault } of violations) {
      const text = `${operation}, ${part}: ${fault}`;
      found.set(text, [...(found.get(text) ?? []), nameOf(file)]);
    }
    return violations.length > 0;
  });
  const lines = [...found].map(([text, where]) => `  ${text} (${[...new Set(where)].join(", ")})`);
  const figures = `${sum.requests} requests, ${sum.replies} replies and ${sum.errors} errors of ${files.length} scenarios, ${found.size} kinds of violations`;
  return {
    guilty: guilty.map(nameOf),
    text: [`AWS's service models: ${figures}`, ...lines].join("\n"),
  };
}

const nameOf = (file: string): string => file.replace(/\.jsonl$/, "");

/** `sandbox fault NAME [NODE] [--for SECONDS] [--PARAMETER VALUE]`: sets a fault in the sandbox that runs. */
import { describeFaults, FAULTS, isFaultName } from "./faults/catalogue.ts";
import type { FaultRequest } from "./faults/faults.ts";
import { isRecord, textOf } from "./values.ts";
import type { Current } from "./folder.ts";

export const FAULT_USAGE = `usage: sandbox fault NAME [NODE] [--for SECONDS] [--PARAMETER VALUE]
NODE is an instance id, a name such as node-1, "active" or "standby".
${describeFaults()}`;

/** 0: done; 1: refused; 2: could not find out. */
export type ExitCode = 0 | 1 | 2;

export interface CommandResult {
  readonly code: ExitCode;
  readonly text: string;
}

/** What was asked, or why it cannot be read. */
export function parseFaultArguments(
  words: readonly string[],
): { readonly name: string; readonly request: FaultRequest } | { readonly fault: string } {
  const request: Record<string, unknown> = {};
  const plain: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (!word.startsWith("--")) {
      plain.push(word);
      continue;
    }
    const value = words[++index];
    if (value === undefined) return { fault: `${word} needs a value` };
    request[word.slice(2)] = /^\d+(?:\.\d+)?$/u.test(value) ? Number(value) : value;
  }
  const [name, node, ...more] = plain;
  if (name === undefined) return { fault: "which fault?" };
  if (more.length > 0) return { fault: `too many words: ${more.join(" ")}` };
  return { name, request: node === undefined ? request : { ...request, node } };
}

export async function setFault(
  words: readonly string[],
  current: Current | undefined,
): Promise<CommandResult> {
  const asked = parseFaultArguments(words);
  if ("fault" in asked) return { code: 2, text: `${asked.fault}\n${FAULT_USAGE}` };
  if (!isFaultName(asked.name)) {
    return { code: 1, text: `there is no fault "${asked.name}"; valid: ${Object.keys(FAULTS).join(", ")}` };
  }
  if (current === undefined) return { code: 2, text: "no sandbox runs here: start one with npm start" };
  let answer: unknown;
  try {
    const response = await fetch(`${current.endpoint}/_sandbox/faults/${asked.name}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(asked.request),
    });
    answer = await response.json();
  } catch (error) {
    return { code: 2, text: `the sandbox at ${current.endpoint} does not answer: ${String(error)}` };
  }
  if (isRecord(answer) && answer["ok"] === true) return { code: 0, text: textOf(answer["sentence"]) };
  const error = isRecord(answer) && isRecord(answer["error"]) ? answer["error"] : {};
  const valid = Array.isArray(error["valid"]) ? `; valid: ${error["valid"].join(", ")}` : "";
  return { code: 1, text: `${textOf(error["sentence"])}${valid}` };
}

/** SSM documents of schema 2.2: checks of parameters as the API does, substitution as the agent does. */
import { AwsError } from "../gateway/aws-error.ts";
import { isRecord, textOf } from "../values.ts";
import type { DocumentModel } from "../template/deployment.ts";

/** What an agent has to run. */
export interface Script {
  readonly step: string;
  readonly text: string;
  readonly timeoutSeconds: number;
  /** Set for parameters whose `interpolationType` is ENV_VAR. */
  readonly environment: Readonly<Record<string, string>>;
}

export type Parameters = Readonly<Record<string, readonly string[]>>;

/** Outside of these bounds the agent takes one hour instead. */
const TIMEOUT_BOUNDS = { least: 5, most: 172_800, instead: 3600 };

/** The parameters with defaults filled in; throws InvalidParameters as SendCommand does. */
export function checkParameters(
  document: DocumentModel,
  given: Parameters,
): Record<string, string | string[]> {
  const declared = isRecord(document.content["parameters"]) ? document.content["parameters"] : {};
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(declared, name))
      throw invalid(`Parameter "${name}" is not defined in the document ${document.name}.`);
  }
  const values: Record<string, string | string[]> = {};
  for (const [name, declaration] of Object.entries(declared)) {
    values[name] = checkParameter(name, isRecord(declaration) ? declaration : {}, given[name]);
  }
  return values;
}

function checkParameter(
  name: string,
  declaration: Record<string, unknown>,
  given: readonly string[] | undefined,
): string | string[] {
  const fallback = declaration["default"];
  const list =
    given ??
    (Array.isArray(fallback)
      ? fallback.map(String)
      : fallback === undefined
        ? undefined
        : [textOf(fallback)]);
  if (list === undefined) throw invalid(`Parameter "${name}" requires a value.`);
  for (const value of list) checkValue(name, declaration, value);
  if (declaration["type"] === "StringList") return [...list];
  if (declaration["type"] !== "String")
    throw invalid(
      `Parameter "${name}": the type ${textOf(declaration["type"])} is no type of a Command document.`,
    );
  const [value, ...more] = list;
  if (value === undefined || more.length > 0) throw invalid(`Parameter "${name}" takes exactly one value.`);
  return value;
}

function checkValue(name: string, declaration: Record<string, unknown>, value: string): void {
  const { allowedPattern, allowedValues, minChars, maxChars } = declaration;
  // The agent matches unanchored: a pattern without ^ and $ lets anything pass that contains a match.
  if (typeof allowedPattern === "string" && !new RegExp(allowedPattern).test(value)) {
    throw invalid(`Parameter "${name}" has value "${value}" not matching "${allowedPattern}".`);
  }
  if (Array.isArray(allowedValues) && !allowedValues.includes(value)) {
    throw invalid(`Parameter "${name}" has value "${value}" that is not one of ${allowedValues.join(", ")}.`);
  }
  if (typeof minChars === "number" && value.length < minChars) {
    throw invalid(`Parameter "${name}" is shorter than ${minChars} characters.`);
  }
  if (typeof maxChars === "number" && value.length > maxChars) {
    throw invalid(`Parameter "${name}" is longer than ${maxChars} characters.`);
  }
}

/** The document's one step with its parameters put in. */
export function scriptOf(
  document: DocumentModel,
  values: Readonly<Record<string, string | string[]>>,
): Script {
  const { content } = document;
  if (content["schemaVersion"] !== "2.2") {
    throw new AwsError(
      "InvalidDocument",
      `The sandbox runs documents of schema 2.2, not ${textOf(content["schemaVersion"])}.`,
    );
  }
  const steps = Array.isArray(content["mainSteps"]) ? content["mainSteps"].filter(isRecord) : [];
  const [step, ...more] = steps;
  if (step === undefined || more.length > 0) {
    throw new AwsError(
      "InvalidDocument",
      `The sandbox runs documents of one step; ${document.name} has ${steps.length}.`,
    );
  }
  if (step["action"] !== "aws:runShellScript") {
    throw new AwsError(
      "InvalidDocument",
      `The sandbox does not implement the action ${textOf(step["action"])}.`,
    );
  }
  const inputs = isRecord(step["inputs"]) ? step["inputs"] : {};
  const lines = Array.isArray(inputs["runCommand"]) ? inputs["runCommand"].map(String) : [];
  return {
    step: textOf(step["name"]),
    text: lines.map((line) => substitute(line, values)).join("\n"),
    timeoutSeconds: timeoutOf(substitute(textOf(inputs["timeoutSeconds"]), values)),
    environment: interpolated(content, values),
  };
}

function timeoutOf(text: string): number {
  const seconds = Number(text);
  const { least, most, instead } = TIMEOUT_BOUNDS;
  return Number.isInteger(seconds) && seconds >= least && seconds <= most ? seconds : instead;
}

function interpolated(
  content: Readonly<Record<string, unknown>>,
  values: Readonly<Record<string, string | string[]>>,
): Record<string, string> {
  const declared = isRecord(content["parameters"]) ? content["parameters"] : {};
  return Object.fromEntries(
    Object.entries(declared)
      .filter(([, one]) => isRecord(one) && one["interpolationType"] === "ENV_VAR")
      .map(([name]) => [`SSM_${name}`, asText(values[name] ?? "")]),
  );
}

/**
 * Puts values into a text as the agent does: plainly, without quoting for the shell, not again within a value. The
 * agent gives the value to Go's `ReplaceAllString`, which reads `$` in it as a template: `$$` becomes `$`, `$0` the
 * placeholder itself, any other `$name` nothing. The text around the placeholders is left alone.
 */
export function substitute(text: string, values: Readonly<Record<string, string | string[]>>): string {
  let result = text;
  for (const [name, value] of Object.entries(values)) {
    result = result.replaceAll(new RegExp(`\\{\\{\\s*${name}\\s*\\}\\}`, "gu"), (placeholder) =>
      asText(value).replaceAll(/\$(?:\$|\{(\w+)\}|(\w+))/gu, (reference, braced?: string, bare?: string) => {
        if (reference === "$$") return "$";
        return (braced ?? bare) === "0" ? placeholder : "";
      }),
    );
  }
  return result;
}

function asText(value: string | string[]): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function invalid(message: string): AwsError {
  return new AwsError("InvalidParameters", message);
}

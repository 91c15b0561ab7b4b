/**
 * What zod finds, as faults. Whoever needs zod imports its small build as a namespace of its own: one that is handed
 * on from here would take all of it, every language included, into the bundle.
 */
import english from "zod/v4/locales/en.js";
import * as z from "zod/mini";

z.config(english());

/** One thing that is wrong with what somebody sent. */
export interface Fault {
  readonly code: string;
  readonly field: string;
  /** What was sent; absent where nothing was. */
  readonly value?: unknown;
  /** The rule that it breaks, as a sentence without a full stop. */
  readonly rule: string;
  readonly valid?: readonly string[];
}

/** All faults of `input` by `schema`, each naming field, value and rule. */
export function faultsOf(schema: z.ZodMiniType, input: unknown): readonly Fault[] {
  const result = schema.safeParse(input);
  return result.success ? [] : result.error.issues.flatMap((issue) => faultsOfIssue(issue, input, schema));
}

function faultsOfIssue(issue: z.core.$ZodIssue, input: unknown, schema: z.ZodMiniType): readonly Fault[] {
  if (issue.code === "unrecognized_keys") {
    const valid = schema instanceof z.ZodMiniObject ? Object.keys(schema.def.shape) : [];
    return issue.keys.map((key) => ({
      code: "UNKNOWN_FIELD",
      field: key,
      value: valueAt(input, [key]),
      rule: "no such field",
      valid,
    }));
  }
  const value = valueAt(input, issue.path);
  return [
    {
      code: "INVALID_FIELD",
      field: issue.path.join(".") || "event",
      ...(value === undefined ? {} : { value }),
      rule: issue.message,
      ...(issue.code === "invalid_value" ? { valid: issue.values.map(String) } : {}),
    },
  ];
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Readonly<Record<PropertyKey, unknown>>)[key];
  }
  return value;
}

/** A write of the cluster's record as it stands on the wire, and the same without its condition. */
import { PLAN_FIELDS, planText, type PlanField, type WriteFact } from "./facts.ts";

type Attribute = Readonly<{ S?: string; N?: string; M?: Readonly<Record<string, Attribute>> }>;

/** Undefined for another write: an operator's wish, the loop's claim. */
export function writeOf(
  params: Readonly<Record<string, unknown>>,
): Pick<WriteFact, "from" | "token" | "nonce" | "plan"> | undefined {
  const values = (params["ExpressionAttributeValues"] ?? {}) as Readonly<Record<string, Attribute>>;
  const plan = values[":plan"]?.M;
  if (plan === undefined) return undefined;
  const text = (attribute: Attribute | undefined): string => attribute?.S ?? attribute?.N ?? "";
  const before = values[":expectedToken"];
  const fields = Object.fromEntries(PLAN_FIELDS.map((field) => [field, text(plan[field])]));
  return {
    from: before === undefined ? "none" : `${text(before)}/${text(values[":expectedNonce"])}`,
    token: Number(text(values[":token"])),
    nonce: text(values[":nonce"]),
    plan: planText(fields as Record<PlanField, string>),
  };
}

/** A condition that always holds, and still names every value that the first one did. */
export function unconditional(params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const condition = String(params["ConditionExpression"]);
  return {
    ...params,
    ConditionExpression: `(${condition}) OR attribute_exists(pk) OR attribute_not_exists(pk)`,
  };
}

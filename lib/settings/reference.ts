/**
 * The settings' own documents, made from the schema and the rules: `docs/settings.schema.json` for editors and
 * `docs/settings.md` for people. `write-reference.ts` writes them.
 */
import { z } from "zod";
import { clusterRules } from "./cluster-rules.ts";
import { healthRules } from "./health-rules.ts";
import * as rules from "./rules.ts";
import { schedulerRules } from "./scheduler-rules.ts";
import { settingsSchema } from "./schema.ts";

interface JsonSchema {
  readonly title?: string;
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | false;
  readonly items?: JsonSchema;
}

export const settingsJsonSchema = (): JsonSchema => ({
  title: "Settings of the scheduler failover controller",
  ...(z.toJSONSchema(settingsSchema, { io: "input" }) as JsonSchema),
});

/** One setting: its path with `*` for the name of a cluster, and what the schema says of it. */
interface Setting {
  readonly path: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
}

const allSettings = (): readonly Setting[] => below(settingsJsonSchema(), "");

const below = (schema: JsonSchema, base: string): readonly Setting[] => {
  const named = Object.entries(schema.properties ?? {}).flatMap(([name, part]) => {
    const path = base === "" ? name : `${base}.${name}`;
    return [{ path, schema: part, required: schema.required?.includes(name) ?? false }, ...below(part, path)];
  });
  const each = schema.additionalProperties;
  return each ? [...named, ...below(each, `${base}.*`)] : named;
};

let paths: readonly string[] | undefined;

/** The path of every setting, `*` for the name of a cluster. */
export const settingPaths = (): readonly string[] => (paths ??= allSettings().map(({ path }) => path));

const kindOf = ({ type, enum: values, minimum, maximum, items }: JsonSchema): string => {
  if (values && values.length > 6) return `${String(values[0])} to ${String(values.at(-1))}`;
  if (values) return values.map((value) => `\`${String(value)}\``).join(", ");
  if (type === "integer") return `${minimum} to ${maximum}`;
  if (type === "array") return `list of ${items?.type === "string" ? "texts" : "maps"}`;
  return { string: "text", boolean: "true, false", object: "map" }[type ?? ""] ?? String(type);
};

const defaultOf = ({ schema, required }: Setting): string => {
  if (required) return "**required**";
  const { default: value } = schema;
  if (value === undefined || schema.type === "object") return "";
  return Array.isArray(value) ? "none" : `\`${JSON.stringify(value).replaceAll('"', "")}\``;
};

const row = (setting: Setting): string => {
  const { path, schema } = setting;
  const cells = [
    `\`${path.replace("*", "NAME")}\``,
    kindOf(schema),
    defaultOf(setting),
    schema.description ?? "",
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
};

/** The table of all settings, in Markdown. */
export const settingsTable = (): string =>
  ["| setting | value | default | meaning |", "|---|---|---|---|", ...allSettings().map(row)].join("\n");

const ruleList = (): string =>
  [
    rules.timerRules,
    rules.nodeRules,
    schedulerRules,
    healthRules,
    rules.alertRules,
    rules.fenceRules,
    clusterRules,
  ]
    .flatMap((table) => table.map(({ holds }) => `- ${holds}`))
    .join("\n");

export const settingsPage = (): string => `# Settings

Settings are a YAML 1.2 file, of which JSON is a subset, or an object in the CDK context \`settings\`; \`cdk.json\` names
the file. Synthesis refuses settings that are wrong and names every fault at once, with its field, value, rule and line.
Let an editor check while you write: put \`# yaml-language-server: $schema=docs/settings.schema.json\` on the first line.

${settingsTable()}

## Rules between settings

${ruleList()}

This page and \`settings.schema.json\` are made from \`lib/settings\` by \`npm run docs\`; a test keeps them up to date.
`;

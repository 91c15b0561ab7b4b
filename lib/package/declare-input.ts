/**
 * Writes `SettingsInput` out as a declaration that stands alone: a reader's editor shows each field with its description,
 * and his compiler needs no schema library of ours.
 */
import { z } from "zod";
import { settingsSchema } from "../settings/schema.ts";

/** As far as zod writes JSON Schema for settings; anything else is refused by name. */
interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly additionalProperties?: Node | boolean;
}

export const declareInput = (): string => {
  const schema = z.toJSONSchema(settingsSchema, { io: "input" }) as Node;
  return `${comment(schema, "")}export interface SettingsInput ${object(schema, "")}\n`;
};

const typeOf = (node: Node, indent: string): string => {
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.enum) return node.enum.map((value) => JSON.stringify(value)).join(" | ");
  switch (node.type) {
    case "string":
    case "boolean":
      return node.type;
    case "integer":
    case "number":
      return "number";
    case "array":
      return `readonly (${typeOf(node.items ?? refuse(node), indent)})[]`;
    case "object":
      return node.properties ? object(node, indent) : record(node, indent);
    case undefined:
    default:
      return refuse(node);
  }
};

const object = ({ properties = {}, required = [] }: Node, indent: string): string => {
  const inner = `${indent}  `;
  const members = Object.entries(properties).map(([name, node]) => {
    const mark = required.includes(name) ? "" : "?";
    return `${comment(node, inner)}${inner}readonly ${name}${mark}: ${typeOf(node, inner)};\n`;
  });
  return `{\n${members.join("")}${indent}}`;
};

const record = ({ additionalProperties }: Node, indent: string): string => {
  if (typeof additionalProperties !== "object") return refuse({ additionalProperties: false });
  return `Readonly<Record<string, ${typeOf(additionalProperties, indent)}>>`;
};

const comment = ({ description, default: otherwise }: Node, indent: string): string => {
  const lines = [
    ...(description === undefined ? [] : [description]),
    ...(otherwise === undefined ? [] : [`@default ${JSON.stringify(otherwise)}`]),
  ];
  if (lines.length === 0) return "";
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line.replaceAll("*/", "* /")}\n`).join("")}${indent} */\n`;
};

const refuse = (node: Node): never => {
  throw new Error(`no declaration is known for ${JSON.stringify(node)}`);
};

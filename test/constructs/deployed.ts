/** Synthesized deployments for tests: made once for each set of settings, read without CloudFormation's functions. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { readSettings } from "../../lib/settings/read.ts";
import { type Synthesized, synthesize } from "../../lib/synthesize.ts";

export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly deletionPolicy?: string;
  readonly dependsOn: readonly string[];
}

export interface Deployed extends Synthesized {
  readonly resources: readonly Resource[];
  readonly ofType: (type: string) => readonly Resource[];
  /** The one resource of this type. */
  readonly only: (type: string) => Resource;
}

const directories: string[] = [];
afterAll(() => directories.forEach((directory) => rmSync(directory, { recursive: true })));

/** A handler that does nothing: the template does not depend on what the code does. */
const ENTRY = new URL("idle-handler.ts", import.meta.url).pathname;

export const deploy = async (written: unknown, stackName?: string): Promise<Deployed> => {
  const outdir = mkdtempSync(join(tmpdir(), "assembly-"));
  directories.push(outdir);
  const settings = readSettings({ inline: written, name: "test" });
  const made = await synthesize({ settings, outdir, entry: ENTRY, ...(stackName ? { stackName } : {}) });
  const resources = readResources(made.template);
  const ofType = (type: string) => resources.filter((resource) => resource.type === type);
  const only = (type: string): Resource => {
    const [first, ...others] = ofType(type);
    if (!first || others.length > 0)
      throw new Error(`${others.length + (first ? 1 : 0)} resources of ${type}`);
    return first;
  };
  return { ...made, resources, ofType, only };
};

interface Template {
  readonly Resources: Readonly<Record<string, RawResource>>;
}
interface RawResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly DependsOn?: readonly string[];
}

const readResources = (template: object): readonly Resource[] =>
  Object.entries((template as Template).Resources).map(([id, raw]) => ({
    id,
    type: raw.Type,
    properties: plain(raw.Properties ?? {}) as Record<string, unknown>,
    dependsOn: raw.DependsOn ?? [],
    ...(raw.DeletionPolicy === undefined ? {} : { deletionPolicy: raw.DeletionPolicy }),
  }));

/** CloudFormation's functions as text: `<Logical id>`, `<Logical id.Attribute>`, and text joined. */
export const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const [[key, argument] = ["", undefined], ...others] = Object.entries(value);
  if (others.length === 0) {
    if (key === "Ref") return `<${String(argument)}>`;
    if (key === "Fn::GetAtt") return `<${(argument as string[]).join(".")}>`;
    if (key === "Fn::Join") return joined(argument as [string, unknown[]]);
  }
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
};

const joined = ([separator, parts]: [string, unknown[]]): string =>
  parts.map((part) => asText(plain(part))).join(separator);

const asText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

export interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: unknown;
  readonly Principal?: unknown;
}

/** Every statement that gives a role of this deployment something, under the id of what holds it. */
export const roleStatements = ({
  ofType,
}: Deployed): readonly (Statement & { readonly holder: string })[] => {
  const inline = ofType("AWS::IAM::Role").flatMap(({ id, properties }) =>
    ((properties["Policies"] ?? []) as { PolicyDocument: unknown }[]).map(({ PolicyDocument }) => [
      id,
      PolicyDocument,
    ]),
  );
  const attached = ["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"]
    .flatMap(ofType)
    .map(({ id, properties }) => [id, properties["PolicyDocument"]]);
  return [...inline, ...attached].flatMap(([holder, document]) =>
    statementsOf(document).map((statement) => ({ ...statement, holder: String(holder) })),
  );
};

export const statementsOf = (document: unknown): readonly Statement[] =>
  (document as { Statement: readonly Statement[] }).Statement;

export const list = (value: string | readonly string[]): readonly string[] =>
  typeof value === "string" ? [value] : value;

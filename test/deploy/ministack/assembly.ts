/** The synthesized app without what MiniStack refuses: another template is another asset, so its hash changes too. */
import { createHash } from "node:crypto";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** MiniStack has no such types. Nothing else of a template is taken out. */
export const REFUSED = ["AWS::Logs::QueryDefinition", "AWS::SSM::Document"] as const;

export interface Template {
  readonly Resources: Record<string, Resource>;
  readonly Outputs: Readonly<Record<string, unknown>>;
}

export interface Resource {
  readonly Type: string;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
  Properties?: Record<string, unknown>;
}

export const readTemplate = (assembly: string, stackName: string): Template =>
  JSON.parse(readFileSync(join(assembly, `${stackName}.template.json`), "utf8")) as Template;

/** A copy of the assembly with another template. */
export const withTemplate = (
  assembly: string,
  copy: string,
  stackName: string,
  change: (template: Template) => Template,
): void => {
  cpSync(assembly, copy, { recursive: true });
  const text = JSON.stringify(change(readTemplate(assembly, stackName)));
  writeFileSync(join(copy, `${stackName}.template.json`), text);
  const manifest = JSON.parse(readFileSync(join(copy, `${stackName}.assets.json`), "utf8")) as {
    readonly files: Readonly<Record<string, { readonly source: { readonly path: string } }>>;
  };
  const [before = ""] =
    Object.entries(manifest.files).find(([, { source }]) => source.path === `${stackName}.template.json`) ??
    [];
  const after = createHash("sha256").update(text).digest("hex");
  for (const name of [`${stackName}.assets.json`, "manifest.json"]) {
    const file = join(copy, name);
    writeFileSync(file, readFileSync(file, "utf8").replaceAll(before, after));
  }
};

/** Without the resources of these types, and without the order that names them. */
export const without =
  (...types: readonly string[]) =>
  (template: Template): Template => {
    const gone = (id: string): boolean => types.includes(template.Resources[id]?.Type ?? "");
    const kept = Object.entries(template.Resources).filter(([id]) => !gone(id));
    return {
      ...template,
      Resources: Object.fromEntries(
        kept.map(([id, resource]) => [
          id,
          resource.DependsOn
            ? { ...resource, DependsOn: resource.DependsOn.filter((other) => !gone(other)) }
            : resource,
        ]),
      ),
    };
  };

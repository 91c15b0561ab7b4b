/**
 * Reads a synthesized cloud assembly (`cdk.out`): the one stack's template, with what its nested stacks add to it, and
 * where its assets lie.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { isRecord, textOf } from "../values.ts";
import type { Template } from "./resolver.ts";

export interface Assembly {
  readonly stackName: string;
  readonly template: Template;
  /** The directory of an asset, by the object key that the template names. */
  assetDirectory(objectKey: string): string;
}

export function readAssembly(directory: string): Assembly {
  const manifest = readRecord(join(directory, "manifest.json"));
  const artifacts = isRecord(manifest["artifacts"]) ? manifest["artifacts"] : {};
  const stacks = Object.entries(artifacts).filter(
    ([, artifact]) => isRecord(artifact) && artifact["type"] === "aws:cloudformation:stack",
  );
  const [stack] = stacks;
  if (stack === undefined || stacks.length > 1) {
    throw new Error(`expected one stack in ${directory}, found ${stacks.length}`);
  }
  const [stackId, artifact] = stack;
  const properties = isRecord(artifact) && isRecord(artifact["properties"]) ? artifact["properties"] : {};
  const stackName = typeof properties["stackName"] === "string" ? properties["stackName"] : stackId;
  const template = readRecord(join(directory, textOf(properties["templateFile"])));
  if (!isRecord(template["Resources"])) throw new Error(`the template of ${stackId} has no resources`);
  const assetDirectory = assetFinder(directory, stackId);
  return { stackName, template: withNested(template as unknown as Template, assetDirectory), assetDirectory };
}

/** The template with the resources of its nested stacks, which must stand for themselves: nothing is passed in or out. */
function withNested(template: Template, assetDirectory: Assembly["assetDirectory"]): Template {
  const isNested = ([, { Type }]: readonly [string, { readonly Type: string }]): boolean =>
    Type === "AWS::CloudFormation::Stack";
  const all = Object.entries(template.Resources);
  const nested = all.filter(isNested);
  const added = nested.flatMap(([stackId, { Properties = {} }]) => {
    const objectKey = /\w+\.json(?="\]\]\}$)/u.exec(JSON.stringify(Properties["TemplateURL"]))?.[0];
    if (objectKey === undefined) throw new Error(`the nested stack ${stackId} has no asset as its template`);
    const own = readRecord(assetDirectory(objectKey));
    const passed = [Properties["Parameters"], own["Parameters"], own["Outputs"], own["Conditions"]];
    if (passed.some((each) => each !== undefined)) {
      throw new Error(
        `the nested stack ${stackId} has parameters, outputs or conditions, which are not read`,
      );
    }
    const resources = (own as unknown as Template).Resources;
    return Object.entries(resources).map(([id, resource]) => [`${stackId}.${id}`, resource] as const);
  });
  const own = all.filter((each) => !isNested(each));
  return { ...template, Resources: Object.fromEntries([...own, ...added]) };
}

function assetFinder(directory: string, stackId: string): (objectKey: string) => string {
  const manifest = readRecord(join(directory, `${stackId}.assets.json`));
  const files = isRecord(manifest["files"]) ? manifest["files"] : {};
  return (objectKey) => {
    for (const file of Object.values(files)) {
      if (!isRecord(file) || !isRecord(file["source"]) || !isRecord(file["destinations"])) continue;
      const keys = Object.values(file["destinations"]).map((one) =>
        isRecord(one) ? one["objectKey"] : undefined,
      );
      if (keys.includes(objectKey)) return resolve(directory, textOf(file["source"]["path"]));
    }
    throw new Error(`the assembly in ${directory} has no asset with the object key ${objectKey}`);
  };
}

function readRecord(file: string): Record<string, unknown> {
  const parsed: unknown = JSON.parse(readFileSync(file, "utf8"));
  if (!isRecord(parsed)) throw new Error(`${file} is no JSON object`);
  return parsed;
}

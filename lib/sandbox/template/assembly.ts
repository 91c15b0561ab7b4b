/** Reads a synthesized cloud assembly (`cdk.out`): the one stack's template and where its assets lie. */
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
  return {
    stackName,
    template: template as unknown as Template,
    assetDirectory: assetFinder(directory, stackId),
  };
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

/**
 * What CloudFormation would replace between two templates, and where the new one cannot be made because the old one
 * still has its name. It makes before it deletes, so a name that stays while its resource is made anew stops a deploy.
 */
import type { Resource } from "../../constructs/deployed.ts";

/** Of CloudFormation's own schema of a type, property names of the first level. */
export interface TypeSchema {
  /** A change of one of them is a replacement. */
  readonly createOnly: readonly string[];
  /** Those by which two of the type are told apart. */
  readonly identity: readonly string[];
}

export type SchemaOf = (type: string) => TypeSchema | undefined;

/** Sentences, one for each resource of `after` that cannot be made. */
export function collisions(
  before: readonly Resource[],
  after: readonly Resource[],
  schemaOf: SchemaOf,
): readonly string[] {
  const replaced = replacedIds(before, after, schemaOf);
  const named = new Map(
    before.flatMap((one) => nameOf(one, schemaOf)?.map((name) => [name, one] as const) ?? []),
  );
  return after.flatMap((one) => {
    const [name] = nameOf(one, schemaOf) ?? [];
    const old = name === undefined ? undefined : named.get(name);
    if (old === undefined) return [];
    if (old.id !== one.id) return [`${name} moves from ${old.id} to ${one.id}`];
    return replaced.has(one.id) ? [`${name} is replaced under its own name`] : [];
  });
}

/** Resources made anew under the id that they had; with one goes each whose create-only properties refer to it. */
function replacedIds(
  before: readonly Resource[],
  after: readonly Resource[],
  schemaOf: SchemaOf,
): ReadonlySet<string> {
  const olds = new Map(before.map((one) => [one.id, one]));
  const replaced = new Set<string>();
  let found: number;
  do {
    found = replaced.size;
    for (const one of after) {
      const old = olds.get(one.id);
      if (old === undefined) continue;
      const values = createOnlyValues(one, schemaOf);
      const refersToOne = [...replaced].some((id) => values.includes(`<${id}`));
      if (old.type !== one.type || values !== createOnlyValues(old, schemaOf) || refersToOne)
        replaced.add(one.id);
    }
  } while (replaced.size > found);
  return replaced;
}

function createOnlyValues({ type, properties }: Resource, schemaOf: SchemaOf): string {
  return JSON.stringify(schemaOf(type)?.createOnly.map((name) => properties[name]) ?? []);
}

/**
 * None where CloudFormation or the service names it. What its properties do not identify goes by its names, such as an
 * inline policy; the name of another resource of the stack is none of its own.
 */
function nameOf({ type, properties }: Resource, schemaOf: SchemaOf): readonly [string] | undefined {
  const { identity = [] } = schemaOf(type) ?? {};
  const identifies = identity.length > 0 && identity.every((name) => name in properties);
  const names = identifies ? identity : Object.keys(properties).filter((name) => name.endsWith("Name"));
  const own = names
    .map((name) => JSON.stringify(properties[name]))
    .filter((text) => !/^"<[^>]*>"$/.test(text));
  return own.length === 0 ? undefined : [`${type} ${own.join(" ")}`];
}

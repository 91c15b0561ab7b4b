/** How many clusters one stack has room for, and how their parts are spread where AWS bounds a single one. */
import { type Rule, breach } from "./rules.ts";

/** CloudFormation takes so many resources in one stack. */
const STACK_RESOURCES = 500;
/** What a deployment has whatever its clusters are: 28, and room for a sender, a topic and what is still to come. */
export const RESOURCES_BESIDE_CLUSTERS = 50;
/** Of each cluster: its alarms, 5, and room for what is still to come. Documents stand in stacks of their own. */
export const RESOURCES_PER_CLUSTER = 7;
export const MOST_CLUSTERS = Math.floor(
  (STACK_RESOURCES - RESOURCES_BESIDE_CLUSTERS) / RESOURCES_PER_CLUSTER,
);

/** A document has up to 64 KB, a template up to 1 MB, in which the alarms have to find room: so many stand in the deployment's own. */
const DOCUMENTS_IN_STACK = 4;
/** And so many in each nested one, which is written without indentation. */
const DOCUMENTS_IN_NESTED_STACK = 12;

/** In which stack the document of the n-th cluster stands: 0 is the deployment's own, each further one is nested. */
export const documentPlace = (n: number): number =>
  n < DOCUMENTS_IN_STACK ? 0 : 1 + Math.floor((n - DOCUMENTS_IN_STACK) / DOCUMENTS_IN_NESTED_STACK);

interface Reached {
  readonly fence: "none" | "ec2-stop";
  readonly nodes: {
    readonly tag?: { readonly key: string; readonly value: string } | undefined;
    readonly instanceIds?: readonly string[] | undefined;
  };
}

/**
 * What the permission to reach these nodes takes, at the most: a document and a statement, with each listed node; and
 * where they are fenced a second statement.
 */
export const permissionCharacters = (clusters: ReadonlyMap<string, Reached>): number =>
  [...clusters].reduce((sum, [name, { nodes, fence }]) => {
    const { key, value } = nodes.tag ?? { key: "", value: "" };
    const statement = 270 + name.length + key.length + value.length + 80 * (nodes.instanceIds?.length ?? 0);
    return sum + 110 + name.length + statement * (fence === "none" ? 1 : 2);
  }, 0);

/**
 * A role's inline policies have 10,240 characters together, and during a deployment the old permissions stand beside
 * the new ones: so much is left for one of the two, with the controller's own statements apart.
 */
export const INLINE_CHARACTERS = 4500;
/** A managed policy has 6,144; the rest is for a stack's name longer than reckoned. */
const MANAGED_CHARACTERS = 5600;
/** A role takes ten managed policies, and during a deployment the old ones stand beside the new ones. */
const MOST_MANAGED = 5;

/** Clusters whose permissions stand in one policy, in the order of the settings. */
export const permissionGroups = <R extends Reached>(
  clusters: ReadonlyMap<string, R>,
): readonly ReadonlyMap<string, R>[] => {
  const groups: Map<string, R>[] = [];
  for (const [name, cluster] of clusters) {
    const last = groups.at(-1);
    const joined = new Map([...(last ?? []), [name, cluster]] as const);
    if (last && permissionCharacters(joined) <= MANAGED_CHARACTERS) last.set(name, cluster);
    else groups.push(new Map([[name, cluster]]));
  }
  return groups;
};

const fits = (clusters: ReadonlyMap<string, Reached>): boolean => {
  const groups = permissionGroups(clusters);
  return (
    groups.length <= MOST_MANAGED &&
    groups.every((group) => permissionCharacters(group) <= MANAGED_CHARACTERS)
  );
};

export const roomRules: readonly Rule<ReadonlyMap<string, Reached>>[] = [
  {
    holds: `A stack has room for ${MOST_CLUSTERS} clusters: each takes ${RESOURCES_PER_CLUSTER} of the ${STACK_RESOURCES} resources of a stack.`,
    breaches: (clusters) =>
      breach(
        clusters.size > MOST_CLUSTERS,
        [],
        `must be ${MOST_CLUSTERS} at the most, and are ${clusters.size}: each takes ${RESOURCES_PER_CLUSTER} resources, ${RESOURCES_BESIDE_CLUSTERS} are there beside them, and a stack may have ${STACK_RESOURCES}; put the others into a stack of their own, -c stackName=NAME`,
      ),
  },
  {
    holds: `The permissions to reach all nodes fit the role's policies, ${MOST_MANAGED} of ${MANAGED_CHARACTERS} characters: any number of nodes by tag, some 300 listed ones.`,
    breaches: (clusters) =>
      breach(
        clusters.size <= MOST_CLUSTERS && !fits(clusters),
        [],
        `must be fewer, or have their nodes by tag: permissions to reach them take ${permissionCharacters(clusters)} characters, and ${MOST_MANAGED} policies of ${MANAGED_CHARACTERS} are there; put the others into a stack of their own, -c stackName=NAME`,
      ),
  },
];

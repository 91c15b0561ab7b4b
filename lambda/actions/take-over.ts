/**
 * The nodes carry the stamp of another deployment: of one whose stack is gone, or of the table that this one's was
 * restored from. They refuse this one until that one lets them go, or an operator says, by its name, that it never will.
 */
import * as z from "zod/mini";
import { CONVERGE_PATTERNS } from "../../lib/core/converge.ts";
import type { ClusterRecord } from "../../lib/core/model.ts";
import { refuse, type Refusal } from "./reply.ts";
import { wishAction, type Situation, type Wanted, type WishInput } from "./wish.ts";

interface TakeOverInput extends WishInput {
  /** The ARN of the other deployment's table, as nodes tell it: `owned-by ARN`. */
  readonly owner: string;
}

export const takeOver = wishAction<TakeOverInput>({
  action: "take_over",
  fields: { owner: z.string().check(z.regex(new RegExp(CONVERGE_PATTERNS.Owner))) },
  wanted: ({ owner }) => ({ owner }),
  whyNot,
  means: (_, { owner }) => ({
    words: `By your word the deployment of ${owner} is gone or detached. If it still drives nodes, it takes its grant for expired while the scheduler runs on under this one's, and starts another one on a node that is not of this cluster.`,
  }),
});

function whyNot({ record }: Situation, { owner }: Wanted): Refusal | undefined {
  const valid = stampsOf(record);
  if (owner !== undefined && valid.includes(owner)) return undefined;
  const sentence =
    valid.length === 0
      ? `No node of ${record.cluster} says that another deployment has stamped it: there is nothing to take over.`
      : `No node of ${record.cluster} carries the stamp of ${owner}.`;
  return refuse("NOT_STAMPED", sentence, { field: "owner", ...(owner ? { value: owner } : {}), valid });
}

/** The other deployments that nodes have named in their last answers. */
function stampsOf({ nodes, owner }: ClusterRecord): readonly string[] {
  const named = Object.values(nodes).map(
    ({ report }) => /^(?:unguarded )?owned-by (\S+)/.exec(report?.reason ?? "")?.[1],
  );
  return [...new Set(named)].filter((stamp) => stamp !== undefined && stamp !== owner) as string[];
}

/** Wishes about how the ticks steer, and about the record: done with the next tick. */
import * as z from "zod/mini";
import { formatForPeople, parseInstant } from "../../lib/core/instants.ts";
import { MOVES, courseOf } from "../../lib/core/steering.ts";
import { possibleTargets } from "../../lib/core/wishes.ts";
import { refuse, type Refusal } from "./reply.ts";
import { nodeName, wishAction, type Situation, type Wanted, type WishInput } from "./wish.ts";

export const pause = wishAction<WishInput & { readonly until?: string }>({
  action: "pause",
  fields: { until: z.optional(z.string()) },
  instants: ["until"],
  wanted: ({ until }) => ({ until: until === undefined ? undefined : parseInstant(until) }),
  whyNot({ record, deployed }) {
    const course = courseOf(record, deployed);
    if (course === "run" || course === "paused") return undefined;
    const sentence = `${record.cluster} is ${course}: the nodes are left to themselves, there is nothing to pause.`;
    return refuse(course.toUpperCase(), sentence);
  },
  means: (_, { until }) => ({
    words: `The grant is extended, nothing is started or stopped until ${until === undefined ? "`resume`" : formatForPeople(until)}.`,
  }),
});

export const resume = wishAction({
  action: "resume",
  whyNot({ record, deployed }) {
    if (record.steering !== undefined || deployed.startIn !== "observe") return undefined;
    const sentence = `${record.cluster} observes since its settings say startIn: observe: deploy startIn: run.`;
    return refuse("OBSERVING", sentence);
  },
});

export const observe = wishAction({ action: "observe" });
export const detach = wishAction({ action: "detach" });
export const clearMetadata = wishAction({ action: "clear_metadata" });

interface NodeInput extends WishInput {
  readonly node: string;
}

export const exclude = wishAction<NodeInput>({
  action: "exclude",
  fields: { node: nodeName },
  wanted: ({ node }) => ({ to: node }),
  whyNot: whyNotExclude,
  means({ record, settings, now }, { to = "" }) {
    const runs =
      record.phase.active === to
        ? `${to} is the active node: what runs there runs on, and is not started there again. `
        : "";
    const left = possibleTargets(record, settings, now).filter((id) => id !== to);
    return {
      words: `${runs}${left.length === 0 ? "No other node could take over now." : `${left.join(", ")} could take over.`}`,
    };
  },
});

function whyNotExclude({ record, settings }: Situation, { to = "" }: Wanted): Refusal | undefined {
  const valid = Object.keys(record.nodes).filter((id) => !settings.nodes.exclude.includes(id));
  if (valid.includes(to)) return undefined;
  const details = { field: "node", value: to, valid };
  if (settings.nodes.exclude.includes(to)) {
    return refuse("ALREADY_EXCLUDED", `${to} is excluded already.`, details);
  }
  return refuse("UNKNOWN_NODE", `${to} is no node of the cluster ${record.cluster}.`, details);
}

export const include = wishAction<NodeInput>({
  action: "include",
  fields: { node: nodeName },
  wanted: ({ node }) => ({ to: node }),
  whyNot({ record, deployed }, { to = "" }) {
    const valid = record.excluded ?? [];
    const details = { field: "node", value: to, valid };
    const bySettings = deployed.nodes.exclude.includes(to);
    if (bySettings && !valid.includes(to)) {
      return refuse(
        "EXCLUDED_BY_SETTINGS",
        `${to} is excluded by the settings: change and deploy them.`,
        details,
      );
    }
    return valid.includes(to) ? undefined : refuse("NOT_EXCLUDED", `${to} is not excluded.`, details);
  },
  means: ({ deployed }, { to = "" }) => ({
    words: deployed.nodes.exclude.includes(to) ? `The settings exclude ${to} all the same.` : "",
  }),
});

/** Takes the place of a move that waits; one that has begun is not taken back. */
export const cancel = wishAction({
  action: "cancel",
  whyNot({ record: { request, cluster } }) {
    if (request && MOVES.has(request.action) && request.phase === "accepted") return undefined;
    return refuse("NOTHING_TO_CANCEL", `No move waits in the cluster ${cluster}.`);
  },
});

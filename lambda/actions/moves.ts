/**
 * Wishes to move the scheduler. The ticks prove every other node stopped before they start it anywhere. A `switchover`
 * moves one that runs well, and goes back if it does not come up there; a `drill` is one there and one back; a `failover`
 * moves it whatever it does.
 */
import * as z from "zod/mini";
import { hiccup } from "../../lib/core/facts.ts";
import { formatForPeople, parseInstant } from "../../lib/core/instants.ts";
import type { NodeId } from "../../lib/core/model.ts";
import { courseOf } from "../../lib/core/steering.ts";
import { drillObstacle, runsWell, targetObstacle, type Obstacle } from "../../lib/core/wishes.ts";
import { refuse, type Refusal } from "./reply.ts";
import { nodeName, wishAction, type Situation, type Wanted, type WishInput } from "./wish.ts";

interface FailoverInput extends WishInput {
  /** Left out: the node that the cluster's preference names. */
  readonly to?: string;
  /** A silent node that the operator declares to run no scheduler. */
  readonly override?: string;
}

export const failover = wishAction<FailoverInput>({
  action: "failover",
  fields: { to: z.optional(nodeName), override: z.optional(nodeName) },
  wanted: ({ to, override }) => ({ to, override }),
  whyNot: (situation, wanted) =>
    whyAside(situation) ?? whyNoOverride(situation, wanted) ?? whyNoTarget(situation, wanted),
  means: (situation, { override }) =>
    override === undefined ? { words: "" } : meaningOf(override, situation),
});

interface SwitchoverInput extends WishInput {
  readonly to?: string;
  /** RFC 3339: it is begun no sooner. */
  readonly at?: string;
}

export const switchover = wishAction<SwitchoverInput>({
  action: "switchover",
  fields: { to: z.optional(nodeName), at: z.optional(z.string()) },
  instants: ["at"],
  wanted: ({ to, at }) => ({ to, notBefore: at === undefined ? undefined : parseInstant(at) }),
  whyNot: (situation, wanted) =>
    whyAside(situation) ?? whyNotWell(situation, wanted) ?? whyNoTarget(situation, wanted),
});

export const drill = wishAction<WishInput & { readonly to?: string }>({
  action: "switchover",
  fields: { to: z.optional(nodeName) },
  wanted: ({ to }) => ({ to, drill: { leg: "there", begunAt: 0, gapSeconds: 0 } }),
  whyNot: (situation, wanted) => whyNoDrill(situation) ?? whyNoTarget(situation, wanted),
  means: ({ record }) => ({
    words: `Both ways are real moves; it goes back to ${record.phase.active ?? "no node"} when the scheduler has settled.`,
  }),
});

function whyNoDrill({ record, settings, deployed }: Situation): Refusal | undefined {
  const course = courseOf(record, deployed);
  const obstacle = drillObstacle(record, settings, "there");
  if (course === "run" && obstacle === undefined) return undefined;
  const why = obstacle ?? `${record.cluster} is ${course}`;
  return refuse("NOT_WELL", `A drill moves a scheduler that runs well, in a cluster that is: ${why}.`);
}

function whyAside({ record, deployed }: Situation): Refusal | undefined {
  const course = courseOf(record, deployed);
  if (course === "run" || course === "paused") return undefined;
  if (record.steering === undefined) {
    return refuse("OBSERVING", `${record.cluster} is only observed: its settings say startIn: observe.`);
  }
  const sentence = `${record.cluster} is ${course} since ${formatForPeople(record.steering.since)} by ${record.steering.by}: \`resume\` first.`;
  return refuse(course.toUpperCase(), sentence);
}

function whyNotWell({ record, settings }: Situation, { notBefore }: Wanted): Refusal | undefined {
  if (notBefore !== undefined || runsWell(record, settings)) return undefined;
  const sentence = `A switchover moves a scheduler that runs healthily, which the last tick did not find: ${record.last.sentence} Use failover.`;
  return refuse("NOT_RUNNING_WELL", sentence, { field: "action", value: "switchover", valid: ["failover"] });
}

function whyNoTarget(situation: Situation, { to, override, notBefore }: Wanted): Refusal | undefined {
  const { record } = situation;
  const valid = Object.keys(record.nodes).filter(
    (id) => id !== override && !lastingObstacle(id, situation, override),
  );
  const details = { field: "to", ...(to === undefined ? {} : { value: to }), valid };
  if (to === undefined) {
    if (valid.length > 0 || notBefore !== undefined) return undefined;
    return refuse(
      "NO_CANDIDATE",
      `${record.cluster} has no other node that can run the scheduler now.`,
      details,
    );
  }
  const obstacle = lastingObstacle(to, situation, override);
  if (!obstacle || (notBefore !== undefined && obstacle.passes)) return undefined;
  return refuse(obstacle.code, `${obstacle.words}: the scheduler cannot move to it.`, details);
}

/** A node that has missed an answer or two is waited for. */
function lastingObstacle(id: NodeId, situation: Situation, override?: NodeId): Obstacle | undefined {
  const { record, settings, now } = situation;
  const obstacle = targetObstacle(id, record, settings, now, override);
  const silentSince = record.nodes[id]?.silentSince;
  const missed = silentSince !== undefined && now - silentSince < hiccup(situation);
  return obstacle?.code === "NODE_SILENT" && missed ? undefined : obstacle;
}

function whyNoOverride(situation: Situation, { to, override }: Wanted): Refusal | undefined {
  if (override === undefined) return undefined;
  const { nodes } = situation.record;
  const silent = Object.keys(nodes).filter((id) => isSilent(id, situation));
  const details = { field: "override", value: override, valid: silent };
  if (!Object.hasOwn(nodes, override)) {
    return refuse("UNKNOWN_NODE", `${override} is no node of this cluster.`, details);
  }
  if (override === to) {
    return refuse("OVERRIDE_IS_TARGET", `${override} cannot be both overridden and the target.`, details);
  }
  if (silent.includes(override)) return undefined;
  const sentence = `${override} answered lately: its own word counts. override is for a node that is silent for ${hiccup(situation) / 1000} s and more.`;
  return refuse("NODE_ANSWERS", sentence, details);
}

function isSilent(id: NodeId, situation: Situation): boolean {
  const node = situation.record.nodes[id];
  if (!node) return false;
  if (node.reportedAt === 0) return true;
  return node.silentSince !== undefined && situation.now - node.silentSince >= hiccup(situation);
}

/** What an override stakes, and until when the node's own guard would have made it needless. */
function meaningOf(override: NodeId, { record, now }: Situation) {
  const stopBy = record.nodes[override]?.stopBy ?? "ever";
  const seconds = typeof stopBy === "number" ? Math.max(0, Math.ceil((stopBy - now) / 1000)) : null;
  const grant =
    stopBy === "never"
      ? "It is proven to run none anyway."
      : seconds === null
        ? "Nothing there is known to end it: no guard, or none that was seen."
        : `Its grant still runs for ${seconds} s; after that its guard has stopped it for certain.`;
  const words = `By your word ${override} runs no scheduler: nothing else proves it, and if it is wrong, two run at once. ${grant}`;
  return { words, data: { overrideGrantSeconds: stopBy === "never" ? 0 : seconds } };
}

/**
 * A wish to move the scheduler. It is written on the record and carried out by the ticks, which prove every other node
 * stopped before they start it anywhere; what is checked here only spares an operator a wish that cannot come true.
 */
import * as z from "zod/mini";
import { formatInstant } from "../../lib/core/instants.ts";
import type { ClusterRecord, Wish } from "../../lib/core/model.ts";
import type { ClusterSettings } from "../../lib/core/settings.ts";
import type { Action, ActionContext } from "./action.ts";
import { refuse, type Answer, type Refusal } from "./reply.ts";
import { wishView } from "./view.ts";

const TEXT = 256;

export interface FailoverInput {
  /** Left out: the node that the cluster's preference names. */
  readonly to?: string;
  readonly reason?: string;
  /** Who asks, as the caller claims; the request id beside it is what CloudTrail can prove. */
  readonly by?: string;
  /** Idempotency key: the same key again is answered by how that wish went. */
  readonly key?: string;
}

export const failover: Action<FailoverInput> = {
  access: "operate",
  about: "cluster",
  fields: {
    to: z.optional(z.string().check(z.minLength(1), z.maxLength(64))),
    reason: z.optional(z.string().check(z.maxLength(TEXT))),
    by: z.optional(z.string().check(z.minLength(1), z.maxLength(TEXT))),
    key: z.optional(z.string().check(z.regex(/^[A-Za-z0-9_.:-]{1,64}$/))),
  },
  async run(context, cluster, input) {
    const record = await context.ports.store.read(cluster);
    if (record === undefined) return noRecord(cluster);
    // Before the checks: a wish that came true makes its own repetition look wrong.
    if (record.request && record.request.id === input.key) return standing(cluster, record.request, input);
    const settings = context.environment.settings.clusters[cluster] as ClusterSettings;
    return whyNot(record, settings, input.to) ?? (await put(context, cluster, input));
  },
};

async function put(context: ActionContext, cluster: string, input: FailoverInput): Promise<Answer | Refusal> {
  const { ports, requestId } = context;
  const wish: Wish = {
    id: input.key ?? ports.ids.nonce(),
    action: "failover",
    ...(input.to === undefined ? {} : { to: input.to }),
    by: input.by ?? "unknown",
    reason: input.reason ?? "none given",
    requestId,
    at: ports.clock.now(),
    phase: "accepted",
  };
  const answer = await ports.store.putWish(cluster, wish);
  if (answer === "no-record") return noRecord(cluster);
  if (answer.outcome === "standing") return standing(cluster, answer.wish, input);
  const { id, by, reason } = answer.wish;
  ports.journal.write("info", "failover asked", { cluster, id, to: input.to ?? "any", by, reason });
  const sentence = `The failover ${id} is accepted; the next tick begins with it.`;
  return accepted(cluster, "ACCEPTED", sentence, answer.wish);
}

function noRecord(cluster: string): Refusal {
  return refuse("NO_RECORD", `The cluster ${cluster} has no record yet: wait for its first tick.`);
}

/** A wish is on the record: the caller's own, by its key, or another one that is under way. */
function standing(cluster: string, wish: Wish, { key, to }: FailoverInput): Answer | Refusal {
  if (wish.id !== key) {
    const sentence = `Another failover is under way: ${wish.id}, ${wish.phase}, asked by ${wish.by}.`;
    return refuse("REQUEST_UNDER_WAY", sentence, { field: "action", value: "failover" });
  }
  if (wish.to !== to) {
    const sentence = `The key ${key} was used for a failover to ${wish.to ?? "any node"}: take another one.`;
    return refuse("KEY_REUSED", sentence, { field: "key", value: key });
  }
  const sentence = `The failover ${wish.id} was asked before: ${wish.phase}. ${wish.sentence ?? ""}`.trim();
  return accepted(cluster, "ALREADY_ASKED", sentence, wish);
}

function accepted(cluster: string, code: string, sentence: string, wish: Wish): Answer {
  return { ok: true, action: "failover", cluster, code, sentence, data: { ...wishView(wish) } };
}

/** Why the record and the settings say that this wish cannot come true; undefined if it may. */
function whyNot(
  record: ClusterRecord,
  settings: ClusterSettings,
  to: string | undefined,
): Refusal | undefined {
  const { cluster, nodes, phase, last } = record;
  const details = {
    field: "to",
    ...(to === undefined ? {} : { value: to }),
    valid: targets(record, settings),
  };
  if (settings.startIn === "observe") {
    return refuse("OBSERVING", `The cluster ${cluster} is only observed: its settings say startIn: observe.`);
  }
  if (to === undefined) {
    if (details.valid.length > 0) return undefined;
    return refuse(
      "NO_CANDIDATE",
      `The cluster ${cluster} has no other node that may run the scheduler.`,
      details,
    );
  }
  if (!Object.hasOwn(nodes, to)) {
    return refuse("UNKNOWN_NODE", `${to} is no node of the cluster ${cluster}.`, details);
  }
  if (settings.nodes.exclude.includes(to)) {
    return refuse("NODE_EXCLUDED", `${to} never runs the scheduler: the settings exclude it.`, details);
  }
  if (phase.active === to) {
    return refuse("ALREADY_ACTIVE", `${to} is the active node already.`, details);
  }
  const instance = nodes[to]?.instance ?? "unknown";
  if (GONE.has(instance)) {
    const sentence = `EC2 said at ${formatInstant(last.at)} that ${to} is ${instance}: it cannot run the scheduler.`;
    return refuse("NODE_GONE", sentence, details);
  }
  return undefined;
}

/** What EC2 calls an instance that does not run. */
const GONE: ReadonlySet<string> = new Set(["stopping", "stopped", "shutting-down", "terminated"]);

function targets({ nodes, phase }: ClusterRecord, settings: ClusterSettings): readonly string[] {
  return Object.entries(nodes)
    .filter(
      ([id, node]) => id !== phase.active && !settings.nodes.exclude.includes(id) && !GONE.has(node.instance),
    )
    .map(([id]) => id);
}

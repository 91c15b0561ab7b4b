import { formatForPeople } from "../../lib/core/instants.ts";
import type { ClusterRecord } from "../../lib/core/model.ts";
import type { ClusterSettings } from "../../lib/core/settings.ts";
import { whyOf, type WhyNode } from "../../lib/core/why.ts";
import type { Action } from "./action.ts";
import { noRecord } from "./reply.ts";
import { phaseView, problemView, proofView, steeringView, timeView, wishView } from "./view.ts";

/** Why it does not act, or what it waits for: the last decision, each node's proof, each candidate, and the limits. */
export const why: Action = {
  access: "read",
  about: "cluster",
  fields: {},
  async run({ ports, environment }, cluster) {
    const record = await ports.store.read(cluster);
    if (record === undefined) return noRecord(cluster);
    const settings = environment.settings.clusters[cluster] as ClusterSettings;
    const { course, waitsFor, nodes, limits } = whyOf(record, settings, ports.clock.now());
    const data = {
      decided: { code: record.last.code, sentence: record.last.sentence, at: timeView(record.last.at) },
      course,
      steering: steeringView(record, settings),
      phase: phaseView(record),
      waitsFor,
      nodes: nodes.map(nodeView),
      limits: { ...limits, retryAt: timeView(limits.retryAt) },
      problem: problemView(record),
      request: record.request ? wishView(record.request) : null,
    };
    return { ok: true, action: "why", cluster, code: record.last.code, sentence: sentenceOf(record), data };
  },
};

function sentenceOf({ last, problem }: ClusterRecord): string {
  const stands = problem ? ` A problem stands since ${formatForPeople(problem.since)}.` : "";
  return `${last.sentence}${stands}`;
}

function nodeView({ id, active, proof, missing, obstacle }: WhyNode) {
  return {
    id,
    role: active ? "active" : "standby",
    proof: proof ? proofView(id, proof) : null,
    missing: missing ?? null,
    candidate: obstacle === undefined,
    whyNot: obstacle ?? null,
  };
}

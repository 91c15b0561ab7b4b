/** The words that rules' sentences leave open, filled in from the facts. */
import { recentMoves, standbys, toFence, unsaid, unsaidSince } from "./facts.ts";
import type { Facts } from "./facts.ts";
import { FOREIGN_ANSWER } from "./health.ts";
import { namesakesOf } from "./host-names.ts";
import { formatForPeople } from "./instants.ts";
import { proofsBut } from "./proof.ts";
import { wouldStartOn } from "./rules-aside.ts";
import { wayBack, wishTarget } from "./moving.ts";
import { endedElsewhere } from "./rules-running.ts";
import { bestRunning, isElsewhere, startTarget } from "./rules-start.ts";
import { LIMITS } from "./settings.ts";
import { attached } from "./steering.ts";
import { drillObstacle, mayOverride, runsWell, targetObstacle } from "./wishes.ts";
import type { NodeId, NodeReport } from "./model.ts";

/** Every word that a sentence may leave open. A test holds every sentence against them. */
export const WORDS: Readonly<Record<string, (facts: Facts) => string>> = {
  active: ({ active }) => active ?? "no node",
  from: ({ record }) => record.phase.from ?? "no node",
  to: ({ record }) => record.phase.to ?? "no node",
  target: (facts) => startTarget(facts) ?? "no node",
  best: (facts) => bestRunning(facts) ?? "no node",
  standby: (facts) => standbys(facts)[0] ?? "no node",
  running: ({ running }) => list(running),
  silent: ({ silent }) => list(silent),
  unsaid: (facts) => list(facts.othersAlive.length > 0 ? facts.othersAlive : unsaid(facts)),
  insteadOf: (facts) => (isElsewhere(facts) ? `, since ${facts.record.phase.to} does not answer` : ""),
  wayBack: (facts) => wayBack(facts) ?? "no node",
  whyNotUp,
  othersAlive: ({ othersAlive }) => list(othersAlive),
  endedElsewhere: (facts) => list(endedElsewhere(facts)),
  unproven: ({ unproven }) => list(unproven),
  ahead: ({ ahead }) => list(ahead),
  toFence: (facts) => toFence(facts) ?? facts.record.phase.fence ?? "no node",
  excluded: ({ settings }) => list(settings.nodes.exclude),
  instance: ({ activeNode }) => activeNode.instance,
  unsaidSeconds: (facts) => seconds(facts.now - (unsaidSince(facts) ?? facts.now)),
  silentSeconds: ({ activeNode, now }) => seconds(now - (activeNode.silentSince ?? now)),
  unsavedSeconds: ({ record, now }) => seconds(now - record.savedAt),
  startSeconds: ({ record, now }) => seconds(now - record.counters.startedAt),
  settleSeconds: ({ settings }) => String(settings.timers.settleSeconds),
  gapSeconds: ({ record, lastHeardAt, now }) => seconds(now - (record.phase.downSince ?? lastHeardAt)),
  attempts: ({ record }) => String(record.counters.attempts),
  restarts: ({ record }) => String(record.counters.restarts),
  retryAt: ({ record }) => formatForPeople(record.counters.retryAt),
  phaseSince: ({ record }) => formatForPeople(record.phase.since),
  unhealthy: ({ record }) => String(record.counters.unhealthy + 1),
  failures: ({ settings }) => String(settings.health?.failures ?? 1),
  healthSays: ({ activeNode }) => healthSays(activeNode.report?.health),
  opinionSays: ({ activeNode }) => opinionSays(activeNode.report?.opinion),
  namesakes: ({ active, record }) => list(namesakesOf(active, record)),
  activeReason,
  by: ({ record }) => record.request?.by ?? "nobody",
  reason: ({ record }) => record.request?.reason || "no reason given",
  wishTarget: (facts) => wishTarget(facts) ?? "no node",
  wished: ({ record }) => record.request?.to ?? "no node",
  stamp: ({ record }) => record.request?.owner ?? "nobody",
  takeOverMinutes: () => String(LIMITS.takeOverSeconds / 60),
  replaced: ({ record }) => record.request?.replaces ?? "nothing",
  overridden: ({ record }) => record.request?.override ?? "no node",
  wishObstacle,
  leg: ({ record }) => record.request?.drill?.leg ?? "there",
  cameFrom: ({ record }) => record.request?.from ?? "no node",
  drillTarget: ({ record }) => record.request?.to ?? "another node",
  drillSeconds: ({ record, now }) => seconds(now - (record.request?.drill?.begunAt ?? now)),
  drillGapSeconds: ({ record }) => String(record.request?.drill?.gapSeconds ?? 0),
  drillObstacle: (facts) => {
    const { record, settings } = facts;
    return drillObstacle(record, settings, record.request?.drill?.leg ?? "there") ?? wishObstacle(facts);
  },
  verdict: ({ verdict }) => verdict,
  seen,
  steeringSince: ({ record, now }) => formatForPeople(record.steering?.since ?? now),
  steeringBy: ({ record }) => record.steering?.by ?? "the settings",
  attached: ({ record }) => list(attached(record)),
  wouldStartOn,
  moveObstacle,
  proofs: (facts) => proofWords(facts),
};

/** The sentence with its words filled in. */
export function fill(sentence: string, facts: Facts): string {
  return sentence.replace(/\{(\w+)\}/g, (hole, word: string) => WORDS[word]?.(facts) ?? hole);
}

function list(ids: readonly NodeId[]): string {
  return ids.length === 0 ? "none" : ids.join(", ");
}

function seconds(milliseconds: number): string {
  return String(Math.max(0, Math.round(milliseconds / 1000)));
}

function healthSays(health: { readonly code: number; readonly body: string } | undefined): string {
  if (!health) return "no answer";
  const longest = health.code === FOREIGN_ANSWER ? 300 : 80;
  const said = health.body.trim().split("\n", 1)[0]?.slice(0, longest) ?? "";
  return said === "" ? `code ${health.code}` : `code ${health.code}: ${said}`;
}

/** The last line: what stands before it is a start's noise. */
function opinionSays(opinion: NodeReport["opinion"]): string {
  if (!opinion) return "not asked";
  const said = opinion.body.trim().split("\n").at(-1)?.trim() ?? "";
  return `code ${opinion.code}${said === "" ? "" : `: ${said}`}, asked ${formatForPeople(opinion.at)}`;
}

function activeReason({ activeNode, replies, active }: Facts): string {
  const said = active === undefined ? undefined : replies.get(active)?.reason;
  return said || activeNode.report?.reason || "no reply";
}

function whyNotUp(facts: Facts): string {
  return facts.verdict === "unhealthy" ? healthSays(facts.activeNode.report?.health) : activeReason(facts);
}

/** What is seen of the scheduler while the ticks stand aside. */
function seen({ active, verdict, running }: Facts): string {
  if (active !== undefined) return `the scheduler on ${active} is ${verdict}`;
  return running.length === 0 ? "no scheduler is seen" : `${list(running)} runs a scheduler`;
}

function wishObstacle({ record, settings, active, now }: Facts): string {
  const { request, nodes } = record;
  if (request?.action === "switchover" && !runsWell(record, settings))
    return `the scheduler on ${active} does not run healthily, which a switchover is for; \`failover\` moves it all the same`;
  const word = request?.override;
  const ignored = word !== undefined && !mayOverride(nodes[word]) ? `; ${word} answers for itself` : "";
  if (request?.to === undefined) return `no other node answers and may run it${ignored}`;
  return `${targetObstacle(request.to, record, settings, now, word)?.words ?? "nothing"}${ignored}`;
}

function moveObstacle(facts: Facts): string {
  const { record, settings, now } = facts;
  if (standbys(facts).length === 0) return "no other node can take over";
  const moves = recentMoves(record, now);
  if (moves.length >= settings.timers.failoversPerHour) {
    return `it was moved ${moves.length} times within the hour, as often as failoversPerHour allows`;
  }
  return `it was moved ${seconds(now - (moves.at(-1) ?? now))} s ago, cooldownSeconds is ${settings.timers.cooldownSeconds}`;
}

function proofWords(facts: Facts): string {
  const target = startTarget(facts);
  const proofs = target === undefined ? {} : proofsBut(target, facts.record, facts.settings, facts.now);
  const words = Object.entries(proofs).map(([id, proof]) => `${id} ${proof.kind}`);
  return words.length === 0 ? "there is no other node" : words.join(", ");
}

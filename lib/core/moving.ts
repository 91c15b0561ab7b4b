/** How a node is left, and how an operator's move is begun, joined and put off. */
import { hiccup } from "./facts.ts";
import type { Facts } from "./facts.ts";
import { isGone } from "./notes.ts";
import { UNKNOWN_NODE, proofOf } from "./proof.ts";
import { asker } from "./rules-wish.ts";
import { MOVES, isMoving } from "./steering.ts";
import { mayOverride, possibleTargets, runsWell, targetObstacle } from "./wishes.ts";
import type { Change } from "./rule.ts";
import type { NodeId } from "./model.ts";

/** Leaves the active node: stop and prove first, wherever it shall run next. */
export function leave(facts: Facts, cause: string, to?: NodeId): Change {
  const { phase } = facts.record;
  const failed = phase.name === "starting" ? facts.active : undefined;
  const from = failed === undefined ? facts.active : (phase.from ?? facts.active);
  const beaten = isBeaten(facts) ? ({ request: { phase: "going-back" } } as const) : {};
  return {
    phase: {
      active: undefined,
      from,
      failed,
      to: to ?? wayBack(facts),
      cause,
      fence: undefined,
      restartOf: undefined,
    },
    counters: { unhealthy: 0 },
    ...beaten,
  };
}

/** The node to which an operator moved the scheduler is left again before it has settled there. */
function isBeaten({ record, active }: Facts): boolean {
  const { request } = record;
  return isMoving(request) && (request.action === "switchover" || request.to === active);
}

/** Where a switchover goes back to, unless that node is gone. */
export function wayBack({ record, active }: Facts): NodeId | undefined {
  const { request } = record;
  const from = isMoving(request) && request.action === "switchover" ? request.from : undefined;
  const node = from === undefined || from === active ? undefined : record.nodes[from];
  return node && !isGone(node) ? from : undefined;
}

export function leaveDead(facts: Facts, cause: string): Change {
  const change = leave(facts, cause);
  return {
    ...change,
    phase: { ...change.phase, downSince: facts.record.phase.downSince ?? facts.lastHeardAt },
  };
}

export function asked({ record, now }: Facts): boolean {
  const { request } = record;
  const waits = request?.phase === "accepted" && MOVES.has(request.action);
  return waits && now >= (request.notBefore ?? 0);
}

/** Where the wish can be carried out now. A switchover moves only a scheduler that runs well. */
export function wishTarget({ record, settings, now }: Facts): NodeId | undefined {
  const { request } = record;
  if (request?.action === "switchover" && !runsWell(record, settings)) return undefined;
  const may = possibleTargets(record, settings, now, request?.override);
  return request?.to === undefined ? may[0] : may.find((id) => id === request.to);
}

/** A node that it could go to has missed an answer or two: in a steady tick nobody waits for a standby's. */
export function answersSoon(facts: Facts): boolean {
  const { record, settings, now } = facts;
  const { request } = record;
  if (request?.action === "switchover" && !runsWell(record, settings)) return false;
  const ids = request?.to === undefined ? Object.keys(record.nodes) : [request.to];
  return ids.some((id) => {
    const silentSince = record.nodes[id]?.silentSince;
    const obstacle = targetObstacle(id, record, settings, now, request?.override);
    const missed = silentSince !== undefined && now - silentSince < hiccup(facts);
    return obstacle?.code === "NODE_SILENT" && missed;
  });
}

/** Where a move that is under way shall go: where it was asked to, if that node may run the scheduler at all. */
export function joined({ record, settings, now }: Facts): NodeId | undefined {
  const to = record.request?.to;
  return to !== undefined && targetObstacle(to, record, settings, now) === undefined ? to : record.phase.to;
}

/** With the operator's word for a silent node that nothing else proves. */
export function begins(facts: Facts, cause: string): Change {
  return {
    ...leave(facts, cause, wishTarget(facts)),
    request: { phase: "stopping", from: facts.active },
    entry: asker(facts),
    ...overridden(facts),
  };
}

export function overridden({ record: { request, nodes } }: Facts): Change {
  const id = request?.override;
  return id !== undefined && mayOverride(nodes[id]) ? { override: id } : {};
}

/** The operator's word is wanted, and not taken yet. */
export function owesOverride(facts: Facts): boolean {
  const id = overridden(facts).override;
  return (
    id !== undefined &&
    proofOf(facts.record.nodes[id] ?? UNKNOWN_NODE, facts.settings, facts.now) === undefined
  );
}

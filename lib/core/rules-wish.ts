/** What an operator asked for that needs no move: it is done with the tick that takes it up. */
import type { Facts } from "./facts.ts";
import type { HistoryEntry, Steering, WishAction } from "./model.ts";
import { ANY_PHASE, WITH_ACTIVE, rule } from "./rule.ts";
import type { Change, Rule } from "./rule.ts";
import { LIMITS } from "./settings.ts";
import { courseOf, isMoving } from "./steering.ts";

function asks(facts: Facts, action: WishAction): boolean {
  return facts.record.request?.phase === "accepted" && facts.record.request.action === action;
}

/** Who asked, why and by which request: for the history. */
export function asker({ record: { request } }: Facts): Partial<HistoryEntry> {
  if (!request) return {};
  const { by, reason, replaces, requestId } = request;
  return { by, reason: replaces === undefined ? reason : `${reason}; in place of ${replaces}`, requestId };
}

/** Done, and told with who asked and why. */
function done(facts: Facts): Change {
  return { request: { phase: "done" }, entry: asker(facts) };
}

function steering(facts: Facts, kind: Steering["kind"]): Steering {
  const { request } = facts.record;
  return {
    kind,
    since: facts.now,
    until: request?.until,
    by: request?.by ?? "nobody",
    reason: request?.reason ?? "",
  };
}

/** As at first sight: whatever happened meanwhile is looked at before anything is done. */
const LOOK_AGAIN = {
  active: undefined,
  from: undefined,
  failed: undefined,
  to: undefined,
  fence: undefined,
  restartOf: undefined,
  downSince: undefined,
  cause: "none",
} as const;

/** Nobody keeps the nodes from here on: what is proven now is not proven when the ticks steer again. */
const LET_GO = { phase: LOOK_AGAIN, distrust: true } as const;

function excludedWithout(facts: Facts): readonly string[] {
  return (facts.record.excluded ?? []).filter((id) => id !== facts.record.request?.to);
}

const course = ({ record, settings }: Facts) => courseOf(record, settings);
const isFree = (facts: Facts) => course(facts) === "observing" || course(facts) === "detached";

const ASIDE: readonly Rule[] = [
  rule({
    code: "LETS_GO",
    phases: ["stopping", ...WITH_ACTIVE],
    when: "the settings say observe, and the controller has steered until now",
    holds: (facts) => isFree(facts) && facts.record.steering === undefined,
    sentence:
      "The settings say `startIn: observe`: guard, gate and grant are taken off, the scheduler is left as it is.",
    next: "looking",
    tell: "history",
    change: ({ record }) => ({
      ...LET_GO,
      ...(isMoving(record.request) ? { request: { phase: "failed" } } : {}),
    }),
  }),
  rule({
    code: "PAUSE_REFUSED",
    phases: ANY_PHASE,
    when: "an operator asked for a pause, and the nodes are left to themselves",
    holds: (facts) => asks(facts, "pause") && isFree(facts),
    sentence: "There is nothing that {by} could pause: the nodes are left to themselves.",
    tell: "history",
    change: (facts) => ({ request: { phase: "failed" }, entry: asker(facts) }),
  }),
  rule({
    code: "PAUSED",
    phases: ANY_PHASE,
    when: "an operator asked for a pause",
    holds: (facts) => asks(facts, "pause"),
    sentence: "{by} paused the controller: {reason}. The grant is extended; nothing is started or stopped.",
    tell: "history",
    change: (facts) => ({
      ...done(facts),
      steering: steering(facts, "paused"),
      phase: { fence: undefined },
    }),
  }),
  rule({
    code: "PAUSE_ENDS",
    phases: ANY_PHASE,
    when: "the pause has lasted as long as it was asked for",
    holds: ({ record, now }) =>
      record.steering?.kind === "paused" && now >= (record.steering.until ?? Infinity),
    sentence: "The pause is over: the controller steers again.",
    tell: "history",
    change: () => ({ steering: "settings" }),
  }),
  rule({
    code: "RESUMED_LOOKING",
    phases: ANY_PHASE,
    when: "an operator asked to resume, and the nodes were left to themselves",
    holds: (facts) => asks(facts, "resume") && isFree(facts),
    sentence: "{by} resumed the controller: {reason}. It looks at all nodes first.",
    next: "looking",
    tell: "history",
    change: (facts) => ({
      ...done(facts),
      phase: { ...LOOK_AGAIN, since: facts.now },
      steering: "settings",
    }),
  }),
  rule({
    code: "RESUMED",
    phases: ANY_PHASE,
    when: "an operator asked to resume",
    holds: (facts) => asks(facts, "resume"),
    sentence: "{by} resumed the controller: {reason}.",
    tell: "history",
    change: (facts) => ({ ...done(facts), steering: "settings" }),
  }),
  rule({
    code: "OBSERVES",
    phases: ANY_PHASE,
    when: "an operator asked only to observe",
    holds: (facts) => asks(facts, "observe"),
    sentence:
      "{by} asked only to observe: {reason}. Guard, gate and grant are taken off, the scheduler is left as it is.",
    next: "looking",
    tell: "history",
    change: (facts) => ({ ...done(facts), ...LET_GO, steering: steering(facts, "observing") }),
  }),
  rule({
    code: "DETACHES",
    phases: ANY_PHASE,
    when: "an operator asked to detach",
    holds: (facts) => asks(facts, "detach"),
    sentence:
      "{by} detached the controller: {reason}. Guard, gate and grant are taken off, then the nodes are left alone.",
    next: "looking",
    tell: "history",
    change: (facts) => ({ ...done(facts), ...LET_GO, steering: steering(facts, "detached") }),
  }),
];

const RECORD: readonly Rule[] = [
  rule({
    code: "EXCLUDED",
    phases: ANY_PHASE,
    when: "an operator asked to exclude a node",
    holds: (facts) => asks(facts, "exclude"),
    sentence: "{by} excluded {wished}: {reason}. It is given no scheduler; one that runs there runs on.",
    tell: "history",
    change: (facts) => ({
      ...done(facts),
      excluded: [...excludedWithout(facts), facts.record.request?.to ?? ""].filter((id) => id !== ""),
    }),
  }),
  rule({
    code: "INCLUDED",
    phases: ANY_PHASE,
    when: "an operator asked to include a node again",
    holds: (facts) => asks(facts, "include"),
    sentence: "{by} included {wished} again: {reason}.",
    tell: "history",
    change: (facts) => ({ ...done(facts), excluded: excludedWithout(facts) }),
  }),
  rule({
    code: "TAKES_OVER",
    phases: ANY_PHASE,
    when: "an operator asked to take over what another deployment has stamped",
    holds: (facts) => asks(facts, "take_over"),
    sentence:
      "{by} asked to take over what the deployment {stamp} has stamped: {reason}. For {takeOverMinutes} minutes the nodes replace its stamp by this one's.",
    tell: "history",
    change: (facts) => ({
      ...done(facts),
      takeOver: {
        owner: facts.record.request?.owner ?? "",
        until: facts.now + LIMITS.takeOverSeconds * 1000,
      },
    }),
  }),
  rule({
    code: "CLEARED",
    phases: ANY_PHASE,
    when: "an operator asked to clear the metadata",
    holds: (facts) => asks(facts, "clear_metadata"),
    sentence:
      "{by} cleared reports, counters and phase: {reason}. Tokens, lives and promises stay; the nodes are looked at anew.",
    next: "looking",
    tell: "history",
    change: (facts) => ({
      ...done(facts),
      phase: LOOK_AGAIN,
      counters: { restarts: 0, startedAt: 0, attempts: 0, retryAt: 0, unhealthy: 0, moves: [] },
      forget: true,
    }),
  }),
  rule({
    code: "CANCELLED",
    phases: ANY_PHASE,
    when: "an operator asked to cancel a move that waits",
    holds: (facts) => asks(facts, "cancel"),
    sentence: "{by} cancelled {replaced}: {reason}.",
    tell: "history",
    change: (facts) => ({
      request: { phase: "done" },
      entry: { ...asker(facts), reason: facts.record.request?.reason },
    }),
  }),
];

export const RULES_WISH: readonly Rule[] = [...ASIDE, ...RECORD];

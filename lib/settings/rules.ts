/**
 * How settings bear on each other. A rule is given only sections that are sound in themselves, so that one typing
 * error does not call forth a second fault; all rules that can be judged are judged.
 */
import { LIMITS } from "../core/settings.ts";
import type { WrittenAlerts, WrittenCluster, WrittenNodes, WrittenTimers } from "./schema.ts";

type Path = readonly string[];

/** A broken rule: at a field of the section, seen from it, and what to do. */
export interface Breach {
  readonly path: Path;
  readonly rule: string;
  /** The field's value, defaults included; left out where the rule is about the section as a whole. */
  readonly value?: unknown;
}

/** A rule of one section. `holds` is the sentence of the settings page; `breaches` judges. */
export interface Rule<S> {
  readonly holds: string;
  readonly breaches: (section: S) => readonly Breach[];
}

export const judge = <S>(rules: readonly Rule<S>[], section: S): readonly Breach[] =>
  rules.flatMap((rule) => rule.breaches(section));

export const breach = (broken: boolean, path: Path, rule: string, value?: unknown): readonly Breach[] =>
  broken ? [{ path, rule, value }] : [];

/** The grant must be longer than this, in seconds, so that one killed tick and one late delivery do not cost it. */
export const shortestGrant = (beatSeconds: number, skewSeconds: number): number =>
  2 * LIMITS.leaseSeconds + 2 * beatSeconds + LIMITS.deliverySeconds + skewSeconds;

interface Timing {
  readonly timers: WrittenTimers;
  readonly beatSeconds: number;
}

export const timerRules: readonly Rule<Timing>[] = [
  {
    holds: `\`grantSeconds\` is more than 2 leases (${LIMITS.leaseSeconds} s each) + 2 beats + one delivery (${LIMITS.deliverySeconds} s) + \`skewSeconds\`: a tick that is killed and a command that is late never cost a healthy scheduler its grant.`,
    breaches: ({ timers, beatSeconds }) => {
      const floor = shortestGrant(beatSeconds, timers.skewSeconds);
      return breach(
        timers.grantSeconds <= floor,
        ["grantSeconds"],
        `must be more than ${floor}: 2 leases of ${LIMITS.leaseSeconds} s, 2 beats of ${beatSeconds} s, a delivery of ${LIMITS.deliverySeconds} s and ${timers.skewSeconds} s of skew; raise it or lower beatSeconds`,
        timers.grantSeconds,
      );
    },
  },
  {
    holds:
      "`killGraceSeconds` is less than `grantSeconds`: a stop ends before the grant that the next start would get.",
    breaches: ({ timers }) =>
      breach(
        timers.killGraceSeconds >= timers.grantSeconds,
        ["killGraceSeconds"],
        `must be less than grantSeconds, ${timers.grantSeconds}`,
        timers.killGraceSeconds,
      ),
  },
  {
    holds: "`settleSeconds` is at least one beat: a start is judged by a tick, not before one.",
    breaches: ({ timers, beatSeconds }) =>
      breach(
        timers.settleSeconds < beatSeconds,
        ["settleSeconds"],
        `must be at least beatSeconds, ${beatSeconds}: no tick would look before it is over`,
        timers.settleSeconds,
      ),
  },
  {
    holds:
      "`cooldownSeconds` is at least `settleSeconds`: a scheduler that is still starting is not moved away from.",
    breaches: ({ timers }) =>
      breach(
        timers.cooldownSeconds < timers.settleSeconds,
        ["cooldownSeconds"],
        `must be at least settleSeconds, ${timers.settleSeconds}`,
        timers.cooldownSeconds,
      ),
  },
];

export const nodeRules: readonly Rule<WrittenNodes>[] = [
  {
    holds: "`nodes` has either `tag` or `instanceIds`.",
    breaches: ({ tag, instanceIds }) => [
      ...breach(!tag && !instanceIds, [], "must say where the nodes are: give tag or instanceIds"),
      ...breach(
        !!tag && !!instanceIds,
        ["instanceIds"],
        "must not stand beside tag: give one of the two",
        instanceIds,
      ),
    ],
  },
  {
    holds: "No node is in both `prefer` and `exclude`.",
    breaches: ({ prefer, exclude }) =>
      prefer.flatMap((id, index) =>
        breach(exclude.includes(id), ["prefer", String(index)], "must not be in exclude, too", id),
      ),
  },
  {
    holds: "Where `instanceIds` lists the nodes, `prefer` and `exclude` name only those.",
    breaches: ({ instanceIds, prefer, exclude }) => {
      const stranger = (field: string) => (id: string, index: number) =>
        breach(
          !!instanceIds && !instanceIds.includes(id),
          [field, String(index)],
          "must be one of instanceIds",
          id,
        );
      return [...prefer.flatMap(stranger("prefer")), ...exclude.flatMap(stranger("exclude"))];
    },
  },
  {
    holds: "At least one listed node is not excluded.",
    breaches: ({ instanceIds, exclude }) =>
      breach(
        !!instanceIds && instanceIds.every((id) => exclude.includes(id)),
        ["exclude"],
        "must leave at least one node that may run the scheduler",
        exclude,
      ),
  },
];

/** Whether an SES identity lets this sender send. */
const covers = (identity: string, sender: string): boolean => {
  const [own, from] = [identity.toLowerCase(), sender.toLowerCase()];
  return own.includes("@") ? own === from : from.endsWith(`@${own}`) || from.endsWith(`.${own}`);
};

export const alertRules: readonly Rule<WrittenAlerts>[] = [
  {
    holds: "`identity` is the address `from`, or a domain that it belongs to.",
    breaches: ({ identity, from }) =>
      breach(
        identity !== undefined && !covers(identity, from),
        ["identity"],
        `must be ${from} or a domain of it: SES would refuse every mail`,
        identity,
      ),
  },
];

/** What may run without a guard, and on what that rests. */
export const fenceRules: readonly Rule<Pick<WrittenCluster, "guard" | "fence" | "scheduler">>[] = [
  {
    holds:
      "`guard: off` goes with `fence: ec2-stop`: without either, a node that is cut off would run its scheduler for ever.",
    breaches: ({ guard, fence }) =>
      breach(
        guard === "off" && fence !== "ec2-stop",
        ["guard"],
        "must be on, unless fence is ec2-stop: nothing else would ever stop the scheduler of a node that is cut off",
        guard,
      ),
  },
  {
    holds: "`killMode` goes with `guard: on`: it stands in the guard's drop-in.",
    breaches: ({ guard, scheduler }) =>
      breach(
        guard === "off" && scheduler.killMode !== undefined,
        ["scheduler", "killMode"],
        "must not stand beside guard off, which leaves the unit as it is: set KillMode= in the unit itself",
        scheduler.killMode,
      ),
  },
];

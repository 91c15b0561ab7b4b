/** How the settings of the scheduler bear on each other. */
import { type Breach, type Rule, breach } from "./rules.ts";
import type { WrittenScheduler } from "./schema.ts";

/** Command lines that are on every node: a pattern that matches one would have them killed as stray schedulers. */
const BYSTANDERS = [
  "/sbin/init",
  "/lib/systemd/systemd --system",
  "/lib/systemd/systemd-journald",
  "sshd: /usr/sbin/sshd -D",
  "/usr/bin/amazon-ssm-agent",
  "/usr/bin/ssm-agent-worker",
  "/bin/sh",
  "bash",
  "",
];

const compiles = (pattern: string): boolean => {
  try {
    return new RegExp(pattern).source !== "";
  } catch {
    return false;
  }
};

/**
 * What JavaScript and `grep -E` on the node read alike. `\d` and its like, and groups that begin with `(?`, mean
 * something else to grep or nothing at all: such a pattern would find no scheduler where one runs.
 */
const isPortable = (pattern: string): boolean => !/\\[A-Za-z0-9]|\(\?/.test(pattern);

const patternBreaches = ({ pattern }: WrittenScheduler): readonly Breach[] => {
  if (pattern === undefined) return [];
  if (!compiles(pattern)) return breach(true, ["pattern"], "must be a valid regular expression", pattern);
  if (!isPortable(pattern)) {
    const rule = "must be read alike by `grep -E`: write [0-9] for \\d, [A-Za-z0-9_] for \\w, ( for (?:";
    return breach(true, ["pattern"], rule, pattern);
  }
  const victim = BYSTANDERS.find((line) => new RegExp(pattern).test(line));
  const what = victim === "" ? "an empty command line" : String(victim);
  return breach(
    victim !== undefined,
    ["pattern"],
    `must match the scheduler only: it also matches "${what}"`,
    pattern,
  );
};

const ONLY_WITH_START = ["stop", "pidFile", "user", "activate"] as const;

export const schedulerRules: readonly Rule<WrittenScheduler>[] = [
  {
    holds: "`scheduler` has either `unit` or `start`.",
    breaches: ({ unit, start }) => [
      ...breach(
        !unit && !start,
        [],
        "must say how the scheduler is started: give unit or start, or a profile that has one",
      ),
      ...breach(!!unit && !!start, ["start"], "must not stand beside unit: give one of the two", start),
    ],
  },
  {
    holds: "`stop`, `pidFile`, `user` and `activate` go with `start`: a unit has its own.",
    breaches: (scheduler) =>
      scheduler.unit === undefined
        ? []
        : ONLY_WITH_START.flatMap((field) =>
            breach(
              scheduler[field] !== undefined,
              [field],
              "must not stand beside unit, which has its own: leave it out",
              scheduler[field],
            ),
          ),
  },
  {
    holds: "`killMode` goes with `unit`: TERM goes to everything that a `start` has started.",
    breaches: ({ unit, killMode }) =>
      breach(
        unit === undefined && killMode !== undefined,
        ["killMode"],
        "must not stand beside start: leave it out",
        killMode,
      ),
  },
  {
    holds:
      "With `start` goes `pattern` or `pidFile`, or both: a scheduler that somebody starts by hand is found by nothing else.",
    breaches: ({ unit, start, pattern, pidFile }) =>
      breach(
        !unit && !!start && !pattern && !pidFile,
        [],
        "must say how a scheduler is found that somebody else has started: give pattern or pidFile beside start",
      ),
  },
  { holds: "`pattern` matches no process that every node has.", breaches: patternBreaches },
  {
    holds:
      "A `secondOpinion` that calls `airflow` beside a unit has an `activate` file: it is given nothing of the unit's.",
    breaches: ({ unit, secondOpinion }) =>
      breach(
        !!unit && /^airflow\b/.test(secondOpinion?.command ?? "") && secondOpinion?.activate === undefined,
        ["secondOpinion"],
        "must have activate beside a unit: a file that exports what the unit's environment has, and where airflow is; and user, or it runs as root",
      ),
  },
  {
    holds:
      "`secondOpinion` has a `command`, of its own or of a profile, which `pattern` does not take for a scheduler.",
    breaches: ({ secondOpinion, pattern }) => [
      ...breach(
        secondOpinion !== undefined && secondOpinion.command === undefined,
        ["secondOpinion"],
        "must have a command: exit status 0 says that exactly one scheduler is alive",
      ),
      ...breach(
        pattern !== undefined &&
          secondOpinion?.command !== undefined &&
          compiles(pattern) &&
          new RegExp(pattern).test(secondOpinion.command),
        ["pattern"],
        "must not match the command of secondOpinion, which would be taken for a second scheduler",
        pattern,
      ),
    ],
  },
];

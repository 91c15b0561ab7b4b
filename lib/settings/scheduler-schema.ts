/** What a person may write about one scheduler: how it is started and found, and how its health is asked. */
import { z } from "zod";
import { JSON_PATH } from "../core/health.ts";
import { DEFAULTS, KILL_MODES, PROFILE_NAMES } from "../core/settings.ts";
import {
  ABSOLUTE_PATH,
  ONE_LINE,
  UNIT,
  USER,
  command,
  oneOf,
  section,
  text,
  whole,
  yesOrNo,
} from "./fields.ts";

export const schedulerSchema = section(
  {
    profile: oneOf(
      PROFILE_NAMES,
      "The daemon whose known values fill in what the cluster's settings leave out: docs/profiles.md has each, with its reason.",
    ).optional(),
    unit: text(
      UNIT,
      "must be the full name of a systemd service such as airflow-scheduler.service",
      "The systemd unit that is the scheduler. Give this or `start`.",
    ).optional(),
    killMode: oneOf(
      KILL_MODES,
      "systemd's `KillMode=`: whom TERM goes to when the unit is stopped, each of its processes or, with `mixed`, the main process alone, which may then wait for the others until `killGraceSeconds` are over. KILL goes to all of them. With `mixed` the main process must be the daemon itself, not a shell around it. Only with `unit` and a guard, whose drop-in sets it; `control-group` without it.",
    ).optional(),
    start: command("Command that starts the scheduler, where it is no systemd unit.").optional(),
    stop: command("Command that asks it to stop, before TERM and KILL. Only with `start`.").optional(),
    pidFile: text(
      ABSOLUTE_PATH,
      "must be an absolute path without spaces or quotes",
      "File in which the scheduler leaves its process id. Only with `start`.",
    ).optional(),
    pattern: text(
      ONE_LINE,
      "must be an extended regular expression on one line",
      "Extended regular expression that the scheduler's command line matches, and nothing else's; without its last character, which programs lose that name themselves by setproctitle. Beside `unit` it finds schedulers that somebody has started past the unit: a standby stops them; on the active node no guard counts while one is there, and `doctor` says which. Without it nothing finds them.",
    )
      .max(200, { error: "must be at most 200 characters" })
      .refine((value) => !value.includes("{{"), { error: "must not contain {{, which Run Command replaces" })
      .optional(),
    user: text(
      USER,
      "must be the name of a user on the nodes",
      "User that `start` and `stop` run as; root without it. Only with `start`.",
    ).optional(),
    activate: text(
      ABSOLUTE_PATH,
      "must be an absolute path without spaces or quotes",
      "A virtual environment's `activate` file, read before `start` and `stop`. Only with `start`.",
    ).optional(),
    secondOpinion: section(
      {
        command: command(
          "Exit status 0: exactly one scheduler is alive. A profile of Airflow has it.",
        ).optional(),
        everyMinutes: whole(
          5,
          1440,
          "minutes",
          "How often it is asked. The first time is so long after a start.",
        ).default(DEFAULTS.secondOpinion.everyMinutes),
        user: text(
          USER,
          "must be the name of a user on the nodes",
          "User that the command runs as; without it as `start`, beside a unit as root.",
        ).optional(),
        activate: text(
          ABSOLUTE_PATH,
          "must be an absolute path without spaces or quotes",
          "File that the shell reads before the command, such as a virtual environment's `activate`; without it as for `start`.",
        ).optional(),
      },
      "Asks the scheduler's own books on the active node, beside the beat, whether exactly one is alive, and alerts if not. It proves nothing, and nothing is started or stopped for it.",
    ).optional(),
  },
  "How the scheduler is started, stopped and found on a node.",
);

export const healthSchema = section(
  {
    enabled: yesOrNo("Whether the check is asked; `false` does away with the one of a profile.").default(
      true,
    ),
    url: z
      .string({ error: "must be an http or https URL" })
      .regex(/^https?:\/\/[A-Za-z0-9.:[\]-]+(\/[A-Za-z0-9_.~:/?&=%+,@-]*)?$/, {
        error: "must be an http or https URL without spaces, quotes, user or password",
      })
      .refine((value) => URL.canParse(value), { error: "must be an http or https URL" })
      .optional()
      .describe(
        "Asked on the active node itself; a status from 200 to 299 is healthy. Give this or `command`.",
      ),
    jsonPath: text(
      JSON_PATH,
      "must be a path of names and indexes such as $.daemon.status",
      "Where in the JSON answer of `url` to look, which must then be there.",
    ).optional(),
    equals: text(
      /^[^\p{Cc}]{1,200}$/u,
      "must be a text of 1 to 200 characters: put a number in quotes",
      "What is to be found at `jsonPath`; `healthy` without it.",
    ).optional(),
    answeredBy: oneOf(
      ["scheduler", "anybody"],
      "Whose answer at `url` counts. `scheduler`: only where one of its own processes listens at the port; what an orphan of a killed one, or another program, answers is a failure.",
    ).default(DEFAULTS.health.answeredBy),
    command: command("Run on the active node; exit status 0 is healthy. Give this or `url`.").optional(),
    timeoutSeconds: whole(
      1,
      4,
      "seconds",
      "How long one check may take; a node's whole answer has 5 seconds.",
    ).default(DEFAULTS.health.timeoutSeconds),
    failures: whole(
      1,
      100,
      "ticks",
      "The scheduler is unhealthy after so many failed checks in a row.",
    ).default(DEFAULTS.health.failures),
  },
  "How a scheduler that runs but hangs is found. Without it, one that runs is healthy.",
);

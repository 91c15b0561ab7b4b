/** How the settings of the health check bear on each other, and which checks are none. */
import { type Rule, breach } from "./rules.ts";
import type { WrittenHealth } from "./schema.ts";

/** As `URL` writes them. */
const LOOPBACK: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

const OF_ALL =
  "must not be what Airflow's webserver or API server says, which is healthy as long as any scheduler is and vouches for no node; take url http://localhost:8974/health, the scheduler's own health server, without jsonPath";

/** Checks that people will think of, and why they are none. Figures: Airflow 2.11.2 and Dagster 1.13.29, tried. */
const UNFIT: readonly (readonly [pattern: RegExp, rule: string])[] = [
  [
    /airflow\s+jobs\s+check/,
    "must not be `airflow jobs check`: each takes 3.5 s of CPU, on every beat; take url http://localhost:8974/health, the scheduler's own health server",
  ],
  [
    /dagster-daemon\s+liveness-check/,
    "must not be `dagster-daemon liveness-check`: it reads the newest heartbeat of any daemon, and still says yes 30 minutes after the last one ended; leave health out",
  ],
];

export const healthRules: readonly Rule<WrittenHealth>[] = [
  {
    holds: "`health` has either `url` or `command`, unless `enabled` is false.",
    breaches: ({ enabled, url, command }) => [
      ...breach(
        enabled && !url && !command,
        [],
        "must say what is asked: give url or command, or leave health out",
      ),
      ...breach(!!url && !!command, ["command"], "must not stand beside url: give one of the two", command),
    ],
  },
  {
    holds: "`equals` goes with `jsonPath`, and `jsonPath` with `url`.",
    breaches: ({ url, jsonPath, equals }) => [
      ...breach(!!equals && !jsonPath, ["equals"], "must have jsonPath beside it: where to look", equals),
      ...breach(
        !url && !!jsonPath,
        ["jsonPath"],
        "must have url beside it: only a URL answers in JSON",
        jsonPath,
      ),
    ],
  },
  {
    holds:
      "A `url` is one of the node itself, at localhost, 127.0.0.1 or [::1], unless `answeredBy` is `anybody`: an answer from elsewhere, such as a webserver's for all of the cluster, vouches for no node.",
    breaches: ({ url, answeredBy }) =>
      breach(
        url !== undefined && answeredBy === "scheduler" && !LOOPBACK.has(new URL(url).hostname),
        ["url"],
        "must be at localhost, 127.0.0.1 or [::1], where the node sees that it is the scheduler who answers: an answer from elsewhere vouches for no node; if it shall count all the same, set answeredBy to anybody",
        url,
      ),
  },
  {
    holds:
      "`url` is not that of Airflow's webserver or API server, nor `jsonPath` where they say it, unless `answeredBy` is `anybody`: they are healthy as long as any scheduler is.",
    breaches: ({ url, jsonPath, answeredBy }) => [
      ...breach(
        answeredBy === "scheduler" && url !== undefined && new URL(url).pathname === "/api/v2/monitor/health",
        ["url"],
        OF_ALL,
        url,
      ),
      ...breach(
        answeredBy === "scheduler" && jsonPath === "$.scheduler.status",
        ["jsonPath"],
        OF_ALL,
        jsonPath,
      ),
    ],
  },
  {
    holds:
      "`command` is not `airflow jobs check`, which takes 3.5 s of CPU, nor `dagster-daemon liveness-check`, which says yes for 30 minutes after the daemon has ended, on whichever node it was.",
    breaches: ({ command }) =>
      UNFIT.filter(([pattern]) => command !== undefined && pattern.test(command)).map(([, rule]) => ({
        path: ["command"],
        rule,
        value: command,
      })),
  },
];

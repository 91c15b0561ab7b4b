/**
 * What is known of the daemons that people run, as data: each value with the reason for it and where it comes from. A
 * profile fills in what the settings leave out, and nothing else: `apply-profile.ts`. Times were measured on two noisy
 * cores with Debian 12 and Python 3.11 where a source says "tried".
 */
import type { ProfileName } from "../core/settings.ts";

/** The settings of a cluster that a profile may fill in, by their path below the cluster. */
export type ProfilePath =
  | "scheduler.unit"
  | "scheduler.killMode"
  | "scheduler.pattern"
  | "scheduler.secondOpinion.command"
  | "health.url"
  | "health.timeoutSeconds"
  | "health.failures"
  | "timers.killGraceSeconds"
  | "timers.settleSeconds";

export interface Given {
  readonly value: string | number;
  readonly reason: string;
  readonly source: string;
}

export interface Profile {
  readonly name: ProfileName;
  /** Which daemon, of which versions. */
  readonly says: string;
  /** What it was tried with; absent: it was not, and is called untested wherever it is named. */
  readonly tried?: string;
  readonly values: Readonly<Partial<Record<ProfilePath, Given>>>;
  /** The unit's file, where the README's for Airflow does not do: its `[Service]`. */
  readonly service?: readonly string[];
  /** What survives the main process when that is killed, and what becomes of it. */
  readonly orphans: string;
  /** What must be so on the nodes, and what the profile cannot know. */
  readonly notes: readonly string[];
}

const UNIT_OF_AIRFLOW: Given = {
  value: "airflow-scheduler.service",
  reason: "the unit's name in Airflow's own examples",
  source: "Airflow's source, scripts/systemd/airflow-scheduler.service",
};

const KILL_MODE_OF_AIRFLOW: Given = {
  value: "mixed",
  reason:
    "TERM to the main process alone: with a LocalExecutor it hands out nothing more and waits for the tasks under way. To the whole control group, as systemd does by itself, TERM ends the tasks, too",
  source: "tried with 2.11.2 and 3.3.2",
};

export const PATTERN_OF_AIRFLOW = {
  value: "airflow schedule(r? *$|r --?[A-Za-z])",
  reason:
    "its command line, with options or without; also without the r, since setproctitle takes the last character away where `start` has kept it from the environment. Not the parsers, which call themselves `airflow scheduler - DagFileProcessor`: those of a DAG processor that runs by itself are none of its",
  source: "tried with 2.11.2",
} as const satisfies Given;

const HEALTH_OF_AIRFLOW: Given = {
  value: "http://localhost:8974/health",
  reason:
    "the scheduler's own health server, 3 to 4 ms a question: 503 from 30 s on after the scheduler has hung",
  source: "tried with 2.11.2 and 3.3.2; [scheduler] enable_health_check, there from 2.4 on",
};

const OPINION_OF_AIRFLOW: Given = {
  value: "airflow jobs check --job-type SchedulerJob --limit 100",
  reason:
    "the job table: exit 1 and `Found 2 alive jobs. Expected only one.` where two are alive; 3.5 s of CPU, so beside the beat. With the default limit two alive give 0",
  source: "tried with 2.11.2",
};

const ORPHANS_OF_AIRFLOW =
  "After kill -9 of the main process everything else lives on: log server, health server, executor, task runners, each task's own children; ports 8974 and 8793 stay taken, and the orphaned health server still answers 200. The whole control group is killed before the next start, and an answer from a process that is not this scheduler's counts for nothing.";

const GRACE_OF_AIRFLOW: Given = {
  value: 60,
  reason:
    "after TERM an idle one ends within 4 s, with a LocalExecutor and `killMode: mixed` it waits for the tasks under way: 37 s for one of 30 s just begun. Longer tasks get KILL with it, without TERM, so that no `on_kill` runs: Airflow finds them lost, after five minutes by default, and begins those again that have `retries`",
  source: "tried with 2.11.2",
};

const SETTLE_OF_AIRFLOW: Given = {
  value: 90,
  reason: "4 to 7 s until it has its row in the job table; imports alone take 10 to 60 s on a small instance",
  source: "tried with 2.11.2; the predecessor's users for small instances",
};

const FAILURES_OF_AIRFLOW: Given = {
  value: 3,
  reason:
    "it says 503 only when its heartbeat is 30 s old (scheduler_health_check_threshold): three beats more rule out a hiccup",
  source: "Airflow's configuration reference",
};

const SECONDS_OF_AIRFLOW: Given = {
  value: 3,
  reason: "it asks the database, which may be slow for a moment; a node's whole answer has 5 s",
  source: "node script's budget",
};

const OPINION_BESIDE_UNIT =
  "`secondOpinion` beside a unit is given nothing of the unit's: `{ user: airflow, activate: /etc/airflow/second-opinion }`, and in that file `set -a; . /etc/sysconfig/airflow; PATH=/opt/airflow/venv/bin:$PATH`.";

const NAMES_OF_AIRFLOW =
  "The health server reads the newest heartbeat of its host name (`hostname_callable`, by default the full name that the resolver has for the node) from the database: no two nodes may have the same one. Where they do, by the name that the kernel has, a yes of the check counts for nothing, and a mail says so.";

const MAIN_OF_AIRFLOW =
  "With `killMode: mixed` the unit's main process must be Airflow itself, as in Airflow's example: a shell around it without `exec` would get TERM alone, end, and have Airflow killed.";

const GRACE_IS_WAITED_FOR =
  "A longer `killGraceSeconds`, up to 600 and shorter than the grant, lets longer tasks end at a move. A node that is cut off is replaced after grant, grace and skew, so that each second of it counts there too, and at the grant's end its guard kills without a grace.";

const airflow2: Profile = {
  name: "airflow-2",
  says: "Airflow 2.4 to 2.11, the scheduler as a systemd unit",
  tried: "2.11.2 on PostgreSQL 15 with LocalExecutor",
  values: {
    "scheduler.unit": UNIT_OF_AIRFLOW,
    "scheduler.killMode": KILL_MODE_OF_AIRFLOW,
    "scheduler.pattern": PATTERN_OF_AIRFLOW,
    "scheduler.secondOpinion.command": OPINION_OF_AIRFLOW,
    "health.url": HEALTH_OF_AIRFLOW,
    "health.timeoutSeconds": SECONDS_OF_AIRFLOW,
    "health.failures": FAILURES_OF_AIRFLOW,
    "timers.killGraceSeconds": GRACE_OF_AIRFLOW,
    "timers.settleSeconds": SETTLE_OF_AIRFLOW,
  },
  orphans: ORPHANS_OF_AIRFLOW,
  notes: [
    "Set `enable_health_check = True` in [scheduler] of airflow.cfg on every node, or `health: { enabled: false }` here: otherwise nobody answers, and a scheduler that runs well is taken for a hung one.",
    OPINION_BESIDE_UNIT,
    NAMES_OF_AIRFLOW,
    MAIN_OF_AIRFLOW,
    GRACE_IS_WAITED_FOR,
    "Not `airflow jobs check`: 3.5 s of CPU each time. Not the webserver's /health: it speaks for the whole cluster.",
    "On PostgreSQL or MySQL 8 with row locks, two schedulers are safe and Airflow's own high availability is the better answer.",
  ],
};

const airflow3: Profile = {
  ...airflow2,
  name: "airflow-3",
  says: "Airflow 3, the scheduler as a systemd unit",
  tried: "3.3.2 on PostgreSQL 15 with LocalExecutor",
  orphans: `${ORPHANS_OF_AIRFLOW} The DAG processor is a daemon of its own there, and none of this one's.`,
  notes: [
    "Set `enable_health_check = True` in [scheduler] of airflow.cfg on every node, or `health: { enabled: false }` here: otherwise nobody answers, and a scheduler that runs well is taken for a hung one.",
    OPINION_BESIDE_UNIT,
    NAMES_OF_AIRFLOW,
    MAIN_OF_AIRFLOW,
    GRACE_IS_WAITED_FOR,
    "Not the API server's /api/v2/monitor/health: it is healthy as long as any scheduler is, and vouches for no node.",
    "API server, DAG processor and triggerer are units of their own and may run on every node: none of them is controlled.",
    "On PostgreSQL or MySQL 8 with row locks, two schedulers are safe and Airflow's own high availability is the better answer.",
  ],
};

const airflow1: Profile = {
  name: "airflow-1.10",
  says: "Airflow 1.10, the scheduler as a systemd unit",
  values: {
    "scheduler.unit": UNIT_OF_AIRFLOW,
    "scheduler.pattern": { ...PATTERN_OF_AIRFLOW, source: "as for 2.11.2, not tried" },
    "timers.killGraceSeconds": {
      value: 60,
      reason: "TERM goes to tasks under way, too, which may take some time to end",
      source: "not tried",
    },
    "timers.settleSeconds": { ...SETTLE_OF_AIRFLOW, source: "as for 2.11.2, not tried" },
  },
  orphans: "As for Airflow 2, but for the health server, which it does not have; not tried.",
  notes: [
    "Untested: the Pythons that it runs on (3.8 and older) are past their end and were not to be had.",
    "It has no health server: one that runs is taken for healthy. A `health.command` that looks at the age of the scheduler's log finds one that hangs.",
    "The webserver's /health speaks for the whole cluster and vouches for no node.",
  ],
};

const celeryBeat: Profile = {
  name: "celery-beat",
  says: "celery beat as a systemd unit",
  tried: "Celery 5.7.0",
  values: {
    "scheduler.unit": {
      value: "celerybeat.service",
      reason: "the unit's name in Celery's documentation",
      source: "Celery's user guide, Daemonization",
    },
    "scheduler.pattern": {
      value: "celery.* beat(]| |$)",
      reason: "its command line, and the title `[celery beat]` that it takes where setproctitle is installed",
      source: "tried with 5.7.0",
    },
    "timers.killGraceSeconds": {
      value: 10,
      reason: "after TERM it writes its schedule and ends: 0.2 s",
      source: "tried with 5.7.0",
    },
    "timers.settleSeconds": {
      value: 30,
      reason: "2.3 s from exec to the first task sent; a large application's imports take longer",
      source: "tried with 5.7.0",
    },
  },
  service: [
    "User=celery",
    "WorkingDirectory=/srv/shop",
    "RuntimeDirectory=celerybeat",
    "ExecStart=/opt/celery/bin/celery -A shop beat --pidfile= --schedule /run/celerybeat/schedule",
    "Restart=on-failure",
  ],
  orphans:
    "It has no children. Its pid file stays behind: a new one takes it over, unless another process has got that id; then it says `Pidfile already exists` and ends with 73. Start it with an empty `--pidfile=`: only one is started anyway.",
  notes: [
    "The schedule file (`--schedule`) is a node's own. One that outlives its beat has it send at once, when it is moved back there, all that fell due since, though the other node has sent it. In the unit's `RuntimeDirectory` systemd takes it away when beat ends; what falls due while none runs is then not sent. A schedule in a database (django-celery-beat, RedBeat) moves along, and misses nothing.",
    "It has no health endpoint: one that runs is taken for healthy. Let beat touch a file when it starts (signal `beat_init`) and before each send (signal `before_task_publish`, connected in that handler: elsewhere the sends of workers and web servers would keep the file fresh). A `health.command` such as `find /run/celerybeat/alive -mmin -2 | grep -q .`, longer than the longest pause between two sends, finds one that hangs.",
    "The age of the schedule file tells nothing: where Python's dbm is ndbm, as in Debian without python3-gdbm, nothing is written to it before beat ends.",
    "Never `celery worker -B` on any node: a beat inside of a worker is found by nobody.",
  ],
};

const dagsterDaemon: Profile = {
  name: "dagster-daemon",
  says: "dagster-daemon as a systemd unit",
  tried: "Dagster 1.13.29",
  values: {
    "scheduler.unit": {
      value: "dagster-daemon.service",
      reason: "a name of ours: Dagster has no unit of its own",
      source: "this project",
    },
    "scheduler.pattern": {
      value: "dagster-daemon run( |$)",
      reason: "its command line",
      source: "tried with 1.13.29",
    },
    "timers.killGraceSeconds": {
      value: 15,
      reason: "after TERM it ends within 1.6 s, a busy one ends its iteration first",
      source: "tried with 1.13.29",
    },
    "timers.settleSeconds": {
      value: 60,
      reason: "it loads its code locations in processes of their own first: 5 to 10 s for a small one",
      source: "tried with 1.13.29",
    },
  },
  service: [
    "User=dagster",
    "Environment=DAGSTER_HOME=/srv/dagster",
    "ExecStart=/opt/dagster/bin/dagster-daemon run -w /srv/dagster/workspace.yaml",
    "Restart=on-failure",
  ],
  orphans:
    "After kill -9 its code servers live on for up to 31 s, until they miss its heartbeat. They hand nothing out; the control group is killed before the next start all the same.",
  notes: [
    "Not `dagster-daemon liveness-check`: it reads the newest heartbeat of any daemon from the database, takes 1.4 s of CPU, and still said `Daemon live` after the daemon was stopped: it allows for 30 minutes. One that runs is taken for healthy.",
    "Set DAGSTER_HOME in the unit; the instance's storage must be one that all nodes share.",
    "Told to end it does not wait for a sensor under way and stores no cursor for it, whichever `killMode` it has: the next one evaluates it again. Give each RunRequest a `run_key`, for which Dagster starts one run only.",
  ],
};

const custom: Profile = {
  name: "custom",
  says: "any other daemon: what the settings say, and their defaults",
  tried: "the sandbox's demo scheduler, and units made for the tests",
  values: {},
  orphans: "The whole control group, or all that carries the start's mark, is killed before the next start.",
  notes: ["The same as no profile."],
};

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  "airflow-2": airflow2,
  "airflow-3": airflow3,
  "airflow-1.10": airflow1,
  "celery-beat": celeryBeat,
  "dagster-daemon": dagsterDaemon,
  custom,
};

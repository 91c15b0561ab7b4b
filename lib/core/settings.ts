/**
 * The settings of one deployment, complete: every default is filled in. `lib/settings/` reads, checks and completes
 * what a person wrote; the Lambda gets this shape as `settings.json` in its code asset.
 */
export interface Settings {
  /** Seconds between two ticks of a quiet cluster, 5 to 60. */
  readonly beatSeconds: number;
  readonly logLevel: "debug" | "info" | "warn" | "error";
  readonly logRetentionDays: number;
  readonly alerts: AlertSettings;
  readonly clusters: Readonly<Record<string, ClusterSettings>>;
}

export interface AlertSettings {
  /** Sender of the mails. */
  readonly from: string;
  readonly to: readonly string[];
  readonly subjectPrefix: string;
  /** A problem is mailed when it has stood for this many ticks in a row. */
  readonly retriesBeforeAlert: number;
  /** An open problem is mailed again after this many hours. */
  readonly reminderHours: number;
  /** An SES identity (address or domain) that exists already; without it one is made for `from`. */
  readonly identity?: string;
  /** An SNS topic that exists already, for the alarms; without it one is made. */
  readonly topicArn?: string;
  /** Whether `to` is subscribed to the alarms' topic. */
  readonly subscribe: boolean;
  /** The event bus, by its name, that gets an event for each entry of the history. */
  readonly eventBus: string;
}

export interface ClusterSettings {
  readonly nodes: NodeSettings;
  readonly scheduler: SchedulerSettings;
  readonly health?: HealthSettings;
  readonly timers: TimerSettings;
  /** Whether nodes guard the scheduler by a grant that runs out. */
  readonly guard: "on" | "off";
  readonly fence: "none" | "ec2-stop";
  /** `observe` looks and reports, and changes nothing. */
  readonly startIn: "run" | "observe";
}

/** Where the nodes are: by a tag or listed; exactly one of the two is given. */
export interface NodeSettings {
  readonly tag?: { readonly key: string; readonly value: string };
  readonly instanceIds?: readonly string[];
  /** Instance ids in the order in which they are preferred; the others follow by id. */
  readonly prefer: readonly string[];
  /** Instance ids that never run the scheduler. */
  readonly exclude: readonly string[];
}

/** The daemons whose values are known; `custom`: none of them. `lib/settings/profiles.ts` has the values. */
export const PROFILE_NAMES = [
  "airflow-2",
  "airflow-3",
  "airflow-1.10",
  "celery-beat",
  "dagster-daemon",
  "custom",
] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];

/** systemd's `KillMode=`: TERM goes to every process of the unit, or (`mixed`) to its main process alone. */
export const KILL_MODES = ["control-group", "mixed"] as const;
export type KillMode = (typeof KILL_MODES)[number];

/** How the scheduler is started, stopped and found: by `unit`, or by `start` with `pidFile`, `pattern` or both. */
export interface SchedulerSettings {
  /** Whose values were filled in where the settings had none; they are all here. Absent: `custom`. */
  readonly profile?: ProfileName;
  readonly unit?: string;
  /** Whom TERM goes to when the unit is stopped; KILL goes to its whole control group. Absent: `control-group`. */
  readonly killMode?: KillMode;
  readonly start?: string;
  readonly stop?: string;
  readonly pidFile?: string;
  /** Extended regular expression that a scheduler's command line matches. */
  readonly pattern?: string;
  readonly user?: string;
  /** Path of a virtual environment's `activate` file, read before `start` and `stop`. */
  readonly activate?: string;
  readonly secondOpinion?: SecondOpinionSettings;
}

/** A question to the scheduler's own books, beside the beat: whether exactly one is alive. Its answer proves nothing. */
export interface SecondOpinionSettings {
  /** Exit status 0: exactly one. */
  readonly command: string;
  readonly everyMinutes: number;
  readonly user?: string;
  readonly activate?: string;
}

export type HealthSettings = { readonly timeoutSeconds: number; readonly failures: number } & (
  | UrlHealth
  | { readonly kind: "command"; readonly command: string }
);

export interface UrlHealth {
  readonly kind: "url";
  readonly url: string;
  readonly jsonPath?: string;
  readonly equals?: string;
  /** `scheduler`: an answer counts only where a process of the scheduler itself listens at the URL's port. */
  readonly answeredBy: "scheduler" | "anybody";
}

export interface TimerSettings {
  /** How long a grant permits a node to run the scheduler without a further word. */
  readonly grantSeconds: number;
  /** From TERM to KILL. */
  readonly killGraceSeconds: number;
  /** Two clocks differ by at most this. */
  readonly skewSeconds: number;
  /** How long a started scheduler may take to become healthy. */
  readonly settleSeconds: number;
  /** No move away from a running scheduler for so long after a move. */
  readonly cooldownSeconds: number;
  /** Starts in place before the scheduler moves. */
  readonly restartLimit: number;
  /** Moves away from a running scheduler within one hour, at most. */
  readonly failoversPerHour: number;
}

/** Defaults, each with the reason for its size. */
export const DEFAULTS = {
  beatSeconds: 10,
  logLevel: "info",
  logRetentionDays: 7,
  alerts: {
    subjectPrefix: "[scheduler-failover]",
    retriesBeforeAlert: 5,
    reminderHours: 4,
    subscribe: true,
    eventBus: "default",
  },
  /** A slow check must not eat the node's 5 s; three bad ticks in a row, since one is a hiccup. */
  health: { timeoutSeconds: 3, failures: 3, answeredBy: "scheduler" },
  /** 3.5 s of CPU each: a quarter of an hour makes it 0.4 % of a core. */
  secondOpinion: { everyMinutes: 15 },
  timers: {
    /** More than two leases, two beats and a late delivery, so that one killed tick never costs the grant. */
    grantSeconds: 120,
    /** An idle Airflow ends 4 s after TERM, one with a task under way waits for it. */
    killGraceSeconds: 30,
    /** Time-synchronised instances differ by milliseconds; 5 s is a fault that a report shows. */
    skewSeconds: 5,
    /** Airflow's imports alone take 10 to 60 s on a small instance. */
    settleSeconds: 60,
    cooldownSeconds: 300,
    restartLimit: 1,
    failoversPerHour: 3,
  },
  guard: "on",
  fence: "none",
  startIn: "run",
} as const;

/** Limits of the controller itself, in seconds. The relations between them and the timers are checked at synth. */
export const LIMITS = {
  /** The Lambda function is ended after this. */
  lambdaTimeoutSeconds: 20,
  /** A tick begins no further round after this. */
  tickBudgetSeconds: 15,
  /** Longer than a tick can last, so that a lease that ran out belongs to a dead tick. */
  leaseSeconds: 25,
  /** The shortest delivery time that Run Command accepts. */
  deliverySeconds: 30,
  /** The agent ends the node's script after this; the script itself waits for 5 s at most, the health check included. */
  executionSeconds: 20,
  /** Between two ticks while a transition is under way. */
  transitionSeconds: 2,
  /** A loop ends itself after this: an Express execution lives for 300 s. */
  loopSeconds: 270,
  /** Longest wait between two attempts to start a scheduler where nothing runs. */
  backoffSeconds: 300,
  /** How long nodes are told to take this deployment's stamp for another's: time for one that reboots. */
  takeOverSeconds: 600,
} as const;

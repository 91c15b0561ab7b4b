/**
 * What a person may write as settings: structure, types, ranges and defaults. Each field carries its description, from
 * which the settings table and the editors' schema are made, and one sentence that says what it must be. How fields
 * bear on each other is in `rules.ts`.
 */
import { z } from "zod";
import { DEFAULTS } from "../core/settings.ts";
import {
  RETENTION_DAYS,
  MAX_RECIPIENTS,
  CLUSTER_NAME,
  ADDRESS,
  DOMAIN,
  EVENT_BUS,
  TOPIC_ARN,
  TAG_KEY,
  TAG_VALUE,
  whole,
  text,
  oneOf,
  yesOrNo,
  section,
  instanceIds,
} from "./fields.ts";
import { healthSchema, schedulerSchema } from "./scheduler-schema.ts";

const address = "must be an e-mail address in 7-bit characters, without a display name";

export const alertsSchema = section(
  {
    from: text(ADDRESS, address, "Sender of the mails: an address that SES may send from."),
    to: z
      .array(z.string({ error: address }).regex(ADDRESS, { error: address }), {
        error: "must be a list of e-mail addresses",
      })
      .min(1, { error: "must name at least one address: alerts that nobody gets are none" })
      .max(MAX_RECIPIENTS, { error: `must name at most ${MAX_RECIPIENTS} addresses, as many as SES takes` })
      .refine((all) => new Set(all.map((one) => one.toLowerCase())).size === all.length, {
        error: "must name each address once",
      })
      .describe("Recipients of the mails."),
    subjectPrefix: text(
      /^[^\p{Cc}\u2028\u2029]{0,60}$/u,
      "must be one line of at most 60 characters",
      "What every subject begins with.",
    ).default(DEFAULTS.alerts.subjectPrefix),
    retriesBeforeAlert: whole(
      1,
      100,
      "ticks",
      "A problem is mailed when it has stood for this many ticks in a row.",
    ).default(DEFAULTS.alerts.retriesBeforeAlert),
    reminderHours: whole(1, 168, "hours", "An open problem is mailed again after so long.").default(
      DEFAULTS.alerts.reminderHours,
    ),
    identity: z
      .string({ error: "must be an e-mail address or a domain" })
      .refine((value) => ADDRESS.test(value) || DOMAIN.test(value), {
        error: "must be an e-mail address or a domain",
      })
      .optional()
      .describe(
        "An SES identity, address or domain, that exists already, as it does for a second deployment with the same sender. Without it one is made for `from`, and SES mails a link to confirm it.",
      ),
    topicArn: text(
      TOPIC_ARN,
      "must be the ARN of an SNS topic, not of a FIFO one",
      "An SNS topic for the alarms that exists already. Without it one is made.",
    ).optional(),
    subscribe: yesOrNo(
      "Whether `to` is subscribed to the alarms' topic: a controller that is dead sends no mail itself.",
    ).default(DEFAULTS.alerts.subscribe),
    eventBus: text(
      EVENT_BUS,
      "must be the name of an event bus in this account and region",
      "Event bus in this account and region, by its name, that gets an event for each entry of the history.",
    ).default(DEFAULTS.alerts.eventBus),
  },
  "Who is told, and how.",
);

export const nodesSchema = section(
  {
    tag: section(
      {
        key: text(TAG_KEY, "must be a tag key of letters, digits, spaces and _.:/=+@-", "The tag's key."),
        value: text(
          TAG_VALUE,
          "must be a tag value of letters, digits, spaces and _.:/=+@-",
          "The tag's value.",
        ),
      },
      "Every instance that carries this tag is a node: an Auto Scaling group can replace them. Give this or `instanceIds`.",
    ).optional(),
    instanceIds: instanceIds("The nodes, listed. Give this or `tag`.")
      .min(1, { error: "must name at least one instance" })
      .optional(),
    prefer: instanceIds("The order in which nodes are preferred; the others follow by their id.").default([]),
    exclude: instanceIds("Nodes that never run the scheduler.").default([]),
  },
  "Where the nodes are.",
);

export const timersSchema = section(
  {
    grantSeconds: whole(
      60,
      3600,
      "seconds",
      "How long a node may run the scheduler without a further word.",
    ).default(DEFAULTS.timers.grantSeconds),
    killGraceSeconds: whole(1, 600, "seconds", "From TERM to KILL when the scheduler is stopped.").default(
      DEFAULTS.timers.killGraceSeconds,
    ),
    skewSeconds: whole(1, 30, "seconds", "By how much two clocks may differ.").default(
      DEFAULTS.timers.skewSeconds,
    ),
    settleSeconds: whole(
      5,
      1800,
      "seconds",
      "How long a started scheduler may take to become healthy.",
    ).default(DEFAULTS.timers.settleSeconds),
    cooldownSeconds: whole(
      0,
      86_400,
      "seconds",
      "No move away from a running scheduler for so long after a move.",
    ).default(DEFAULTS.timers.cooldownSeconds),
    restartLimit: whole(
      0,
      20,
      "starts",
      "Starts in place before the scheduler moves to another node.",
    ).default(DEFAULTS.timers.restartLimit),
    failoversPerHour: whole(
      1,
      60,
      "moves",
      "Moves away from a running scheduler within an hour, at most.",
    ).default(DEFAULTS.timers.failoversPerHour),
  },
  "How long things may take.",
);

export const beatSchema = whole(5, 60, "seconds", "From one tick to the next while all is quiet.").default(
  DEFAULTS.beatSeconds,
);

export const guardSchema = oneOf(
  ["on", "off"],
  "Whether nodes stop the scheduler by themselves when its grant runs out.",
).default(DEFAULTS.guard);

export const fenceSchema = oneOf(
  ["none", "ec2-stop"],
  "Whether a node that does not answer is stopped through EC2 before the scheduler starts elsewhere.",
).default(DEFAULTS.fence);

const clusterSchema = section(
  {
    nodes: nodesSchema,
    scheduler: schedulerSchema,
    health: healthSchema.optional(),
    timers: timersSchema.prefault({}),
    guard: guardSchema,
    fence: fenceSchema,
    startIn: oneOf(["run", "observe"], "`observe` looks and reports, and starts and stops nothing.").default(
      DEFAULTS.startIn,
    ),
  },
  "One scheduler and the nodes that may run it.",
);

const clusterName =
  "is no name for a cluster: use a to z, 0 to 9 and -, a letter first, at most 32 characters";

export const settingsSchema = section(
  {
    beatSeconds: beatSchema,
    logLevel: oneOf(
      ["debug", "info", "warn", "error"],
      "The least level that is logged. The dashboard shows what happened from `info` on.",
    ).default(DEFAULTS.logLevel),
    logRetentionDays: z
      .literal([...RETENTION_DAYS], {
        error: `must be a number of days that CloudWatch Logs keeps: ${RETENTION_DAYS.join(", ")}`,
      })
      .default(DEFAULTS.logRetentionDays)
      .describe(
        "How many days logs are kept: a number that CloudWatch Logs has, such as 1, 7, 30, 90 or 365.",
      ),
    alerts: alertsSchema,
    clusters: z
      .record(z.string().regex(CLUSTER_NAME, { error: clusterName }), clusterSchema, {
        error: "must be a map from the name of each cluster to its settings",
      })
      .refine((all) => Object.keys(all).length > 0, { error: "must name at least one cluster" })
      .describe("The clusters of this deployment, each under its name."),
  },
  "Settings of one deployment of the scheduler failover controller.",
);

/** The settings as parsed: defaults filled in, relations not yet checked. */
export type WrittenSettings = z.output<typeof settingsSchema>;
export type WrittenCluster = z.output<typeof clusterSchema>;
export type WrittenNodes = z.output<typeof nodesSchema>;
export type WrittenScheduler = z.output<typeof schedulerSchema>;
export type WrittenHealth = z.output<typeof healthSchema>;
export type WrittenTimers = z.output<typeof timersSchema>;
export type WrittenAlerts = z.output<typeof alertsSchema>;

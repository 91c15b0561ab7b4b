/** For each key of the predecessor: the setting that it becomes, or why it has no counterpart. */
import { ADDRESS } from "../../settings/fields.ts";
import { shortestGrant } from "../../settings/rules.ts";
import { DEFAULTS } from "../../core/settings.ts";
import type { SettingsDraft } from "../settings-draft.ts";
import { convertStart, convertStop } from "./commands.ts";

export interface Became {
  readonly draft?: Partial<SettingsDraft>;
  readonly setting: string;
  readonly says: string;
}

export type Rule = (value: string, draft: SettingsDraft) => Became;

export const none =
  (says: string): Rule =>
  () => ({ setting: "-", says });

const INSTANCE_ID = /\bi-[0-9a-f]{8}(?:[0-9a-f]{9})?\b/;

const nodes: Rule = (value) => {
  const hosts = value
    .split(",")
    .map((host) => host.trim())
    .filter((host) => host !== "");
  const ids = hosts.map((host) => INSTANCE_ID.exec(host)?.[0]);
  if (hosts.length > 0 && ids.every((id) => id !== undefined)) {
    const instanceIds = [...new Set(ids)];
    return {
      draft: { instanceIds },
      setting: "nodes.instanceIds, nodes.prefer",
      says: "the names hold the instance ids; their order is the order of preference, as it was.",
    };
  }
  return {
    draft: { hosts },
    setting: "nodes",
    says: "TO DO: host names become a tag or instance ids; run `get_current_host` on each, and give them to `prefer` in this order.",
  };
};

const poll: Rule = (value) => {
  const seconds = Number(value);
  if (!Number.isFinite(seconds)) return { setting: "-", says: "no number: beatSeconds stays 10." };
  const beatSeconds = Math.min(60, Math.max(5, Math.round(seconds)));
  const grant = shortestGrant(beatSeconds, DEFAULTS.timers.skewSeconds);
  if (grant >= DEFAULTS.timers.grantSeconds) {
    return {
      setting: "beatSeconds",
      says: `stays ${DEFAULTS.beatSeconds}, which finds a dead scheduler sooner; ${beatSeconds} would need timers.grantSeconds above ${grant}.`,
    };
  }
  const says = beatSeconds === seconds ? "the same." : `${beatSeconds}, since it may be from 5 to 60.`;
  return { draft: { beatSeconds }, setting: "beatSeconds", says };
};

const start: Rule = (value, { activate: known }) => {
  const { notes, unit, start: command, pattern, activate = known } = convertStart(value);
  const unclear = command !== undefined && pattern === undefined;
  const toDo =
    "TO DO: give `pattern` or `pidFile`, by which a scheduler is found that somebody else has started.";
  return {
    draft: {
      ...(unit === undefined ? {} : { unit }),
      ...(command === undefined ? {} : { start: command }),
      ...(pattern === undefined ? {} : { pattern }),
      ...(activate === undefined ? {} : { activate }),
    },
    setting: unit === undefined ? "scheduler.start" : "scheduler.unit",
    says: [unit ?? command ?? "", ...notes, ...(unclear ? [toDo] : [])].join("\n"),
  };
};

const stop: Rule = (value, { unit }) => {
  const { stop: command, note } = convertStop(value, unit !== undefined);
  return command === undefined
    ? { setting: "-", says: note }
    : { draft: { stop: command }, setting: "scheduler.stop", says: note };
};

const LEVELS: Readonly<Record<string, string>> = {
  NOTSET: "debug",
  DEBUG: "debug",
  INFO: "info",
  WARN: "warn",
  WARNING: "warn",
  ERROR: "error",
  CRITICAL: "error",
};

const level: Rule = (value) => {
  const logLevel = LEVELS[value.toUpperCase()];
  if (logLevel === undefined) return { setting: "-", says: "no level: logLevel stays info." };
  const quiet = logLevel === "warn" || logLevel === "error";
  return {
    draft: { logLevel },
    setting: "logLevel",
    says: quiet ? `${logLevel}; the dashboard shows what happened from info on.` : `${logLevel}.`,
  };
};

/** The predecessor's default: somebody else's mailbox. */
const PLACEHOLDER = "airflow@airflow.com";

const recipients: Rule = (value) => {
  const all = value
    .split(/[,;]/)
    .map((one) => one.trim())
    .filter((one) => one !== "");
  const to = all.filter((one) => ADDRESS.test(one) && one.toLowerCase() !== PLACEHOLDER);
  const left = all.filter((one) => !to.includes(one));
  const refused =
    left.length === 0
      ? ""
      : ` TO DO: ${left.join(", ")} is refused: ${left.includes(PLACEHOLDER) ? "it is the predecessor's placeholder, and somebody else's domain" : "no address that SES takes"}.`;
  return {
    draft: to.length === 0 ? {} : { to },
    setting: "alerts.to",
    says: `${to.join(", ") || "nobody yet"}.${refused}`,
  };
};

const sender: Rule = (value) => {
  const usable =
    ADDRESS.test(value) && !/@(.+\.)?example\.(com|org|net)$|^airflow@airflow\.com$/i.test(value);
  if (!usable)
    return { setting: "alerts.from", says: `TO DO: ${value} is a placeholder or no plain address.` };
  return {
    draft: { from: value },
    setting: "alerts.from",
    says: "SES must know it: it mails a link to confirm it.",
  };
};

const DEFAULT_SUBJECT = "Airflow Alert - Scheduler Failover Controller Failed to Startup Scheduler";
const LONGEST_PREFIX = 60;

const subject: Rule = (value) => {
  if (value === DEFAULT_SUBJECT)
    return { setting: "-", says: "each subject says what happened, after alerts.subjectPrefix." };
  if (value.length > LONGEST_PREFIX) {
    return {
      setting: "-",
      says: `longer than the ${LONGEST_PREFIX} characters of alerts.subjectPrefix: choose a short one.`,
    };
  }
  return {
    draft: { subjectPrefix: value },
    setting: "alerts.subjectPrefix",
    says: "every subject begins with it, and goes on with what happened.",
  };
};

const retries: Rule = (value) => {
  const count = Number(value);
  if (!Number.isInteger(count) || count < 1 || count > 100)
    return { setting: "-", says: "must be from 1 to 100: it stays 5." };
  return {
    draft: { retriesBeforeAlert: count },
    setting: "alerts.retriesBeforeAlert",
    says: "a problem is mailed when it has stood for so many ticks, and reminded of; moves are mailed at once.",
  };
};

const settle: Rule = (value) => {
  const seconds = Number(value);
  if (!Number.isInteger(seconds) || seconds < 5 || seconds > 1800)
    return { setting: "-", says: "must be from 5 to 1800: settleSeconds stays 60." };
  return {
    draft: { settleSeconds: seconds },
    setting: "timers.settleSeconds",
    says: "nobody sleeps through it: the ticks look meanwhile.",
  };
};

const baseUrl = none(
  "the webserver's /health speaks for all schedulers together and vouches for no node. Take the scheduler's own: enable_health_check in [scheduler] of airflow.cfg, and health.url http://localhost:8974/health (Airflow 2.4 on).",
);

const database = none(
  "the controller needs no database: its record is in DynamoDB. The metadata table scheduler_failover_controller_metadata can be dropped.",
);
const mailServer = none("mails go through SES, by the function's role.");

const executor: Rule = (value) => ({
  setting: "-",
  says: /celery|kubernetes/i.test(value)
    ? "with Airflow 2 or later on PostgreSQL or MySQL 8, several schedulers at once are Airflow's own high availability: you may not need a controller."
    : "a move ends the tasks that run inside this scheduler: choose killGraceSeconds for them.",
});

/** By section and key. A section that is not `scheduler_failover` has only the keys that bear on the controller. */
export const RULES: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  scheduler_failover: {
    scheduler_nodes_in_cluster: nodes,
    metadata_service_type: none("the record is in DynamoDB, whose every write is conditional."),
    metadata_service_zookeeper_nodes: none("there is no ZooKeeper any more."),
    poll_frequency: poll,
    airflow_scheduler_start_command: start,
    airflow_scheduler_stop_command: stop,
    scheduler_restart_sleep_time: settle,
    logging_level: level,
    logging_dir: none("the controller logs to CloudWatch Logs: `logs` reads them."),
    logging_file_name: none("the controller logs to CloudWatch Logs: `logs` reads them."),
    logs_rotate_when: none("CloudWatch Logs rotates nothing: logRetentionDays, 7 by default."),
    logs_rotate_backup_count: none("CloudWatch Logs rotates nothing: logRetentionDays, 7 by default."),
    retry_count_before_alerting: retries,
    alert_to_email: recipients,
    alert_email_subject: subject,
  },
  smtp: {
    smtp_mail_from: sender,
    smtp_host: mailServer,
    smtp_port: mailServer,
    smtp_starttls: mailServer,
    smtp_ssl: mailServer,
    smtp_user: mailServer,
    smtp_password: mailServer,
    smtp_password_cmd: none("not run; mails go through SES, by the function's role."),
  },
  core: {
    sql_alchemy_conn: database,
    sql_alchemy_conn_cmd: none("not run; the controller needs no database."),
    executor,
  },
  database: {
    sql_alchemy_conn: database,
    sql_alchemy_conn_cmd: none("not run; the controller needs no database."),
  },
  webserver: { base_url: baseUrl },
};

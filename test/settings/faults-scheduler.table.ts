/** The rules of one cluster's scheduler, health check and times, and slips of the pen, each broken once. */
import type { Change } from "./written.ts";

/** What is wrong, the changes that make it so, and what is said. */
export type FaultCase = readonly [name: string, changes: readonly Change[], said: string];

export const main = "clusters.main";
export const started: Change[] = [
  [`${main}.scheduler.unit`, undefined],
  [`${main}.scheduler.start`, "/opt/beat start"],
  [`${main}.scheduler.pidFile`, "/run/beat.pid"],
];
export const withUrl: Change = [`${main}.health.url`, "http://localhost:8974/health"];

export const SCHEDULER_FAULTS: readonly FaultCase[] = [
  [
    "neither unit nor command",
    [[`${main}.scheduler`, {}]],
    "clusters.main.scheduler must say how the scheduler is started",
  ],
  ["unit and command", [[`${main}.scheduler.start`, "beat"]], 'start is "beat": must not stand beside unit'],
  [
    "a unit without its ending",
    [[`${main}.scheduler.unit`, "airflow"]],
    "must be the full name of a systemd service",
  ],
  [
    "a unit with a path in it",
    [[`${main}.scheduler.unit`, "../a.service"]],
    "must be the full name of a systemd service",
  ],
  ["a pid file beside a unit", [[`${main}.scheduler.pidFile`, "/run/a.pid"]], "must not stand beside unit"],
  [
    "a kill mode that leaves something behind",
    [[`${main}.scheduler.killMode`, "process"]],
    "must be one of control-group, mixed",
  ],
  [
    "a kill mode without the guard that sets it",
    [
      ["clusters.main.guard", "off"],
      ["clusters.main.fence", "ec2-stop"],
      [`${main}.scheduler.killMode`, "mixed"],
    ],
    'killMode is "mixed": must not stand beside guard off',
  ],
  [
    "a kill mode beside a command",
    [...started, [`${main}.scheduler.killMode`, "mixed"]],
    'killMode is "mixed": must not stand beside start',
  ],
  [
    "a command that Run Command would rewrite",
    [...started, [`${main}.scheduler.start`, "echo {{ x }}"]],
    "must not contain {{",
  ],
  [
    "a command of two lines",
    [...started, [`${main}.scheduler.start`, "a\nb"]],
    "must be a command on one line",
  ],
  [
    "a command that is too long",
    [...started, [`${main}.scheduler.stop`, "a".repeat(1001)]],
    "must be at most 1000 characters",
  ],
  ["a relative pid file", [...started, [`${main}.scheduler.pidFile`, "a.pid"]], "must be an absolute path"],
  [
    "an activate file with a space",
    [...started, [`${main}.scheduler.activate`, "/a b"]],
    "must be an absolute path",
  ],
  [
    "a user that is a command",
    [...started, [`${main}.scheduler.user`, "a; b"]],
    "must be the name of a user",
  ],
  [
    "a pattern that is broken",
    [...started, [`${main}.scheduler.pattern`, "air[flow"]],
    "must be a valid regular expression",
  ],
  [
    "a pattern that grep reads otherwise",
    [...started, [`${main}.scheduler.pattern`, "airflow\\s+scheduler"]],
    "must be read alike by `grep -E`",
  ],
  [
    "a pattern that matches all",
    [...started, [`${main}.scheduler.pattern`, ".*"]],
    "must match the scheduler only",
  ],
  [
    "a pattern that matches the shell",
    [...started, [`${main}.scheduler.pattern`, "sh$"]],
    "must match the scheduler only",
  ],
  ["health without a question", [[`${main}.health`, {}]], "clusters.main.health must say what is asked"],
  ["health with two questions", [withUrl, [`${main}.health.command`, "true"]], "must not stand beside url"],
  [
    "a health URL of another kind",
    [[`${main}.health.url`, "file:///etc/passwd"]],
    "must be an http or https URL",
  ],
  ["a health URL with a quote", [[`${main}.health.url`, "http://a/'b"]], "must be an http or https URL"],
  ["something to find nowhere", [withUrl, [`${main}.health.equals`, "a"]], "must have jsonPath beside it"],
  [
    "a JSON path for a command",
    [
      [`${main}.health.command`, "true"],
      [`${main}.health.jsonPath`, "$.a"],
      [`${main}.health.equals`, "b"],
    ],
    "must have url beside it",
  ],
  [
    "a JSON path with a filter",
    [withUrl, [`${main}.health.jsonPath`, "$..a[?(@.b)]"], [`${main}.health.equals`, "b"]],
    "must be a path of names and indexes",
  ],
  [
    "a health URL that vouches for no node",
    [[`${main}.health.url`, "http://web.airline.dev:8080/health"]],
    'health.url is "http://web.airline.dev:8080/health": must be at localhost, 127.0.0.1 or [::1]',
  ],
  [
    "a health URL that speaks for all schedulers together",
    [[`${main}.health.url`, "http://localhost:8080/api/v2/monitor/health"]],
    "must not be what Airflow's webserver or API server says",
  ],
  [
    "a place in a webserver's answer for all schedulers",
    [withUrl, [`${main}.health.jsonPath`, "$.scheduler.status"]],
    'health.jsonPath is "$.scheduler.status": must not be what Airflow\'s webserver',
  ],
  [
    "a health check that takes 3.5 s of CPU",
    [[`${main}.health.command`, ". /opt/venv/bin/activate && airflow jobs check --local"]],
    "must not be `airflow jobs check`: each takes 3.5 s of CPU",
  ],
  [
    "a health check that says yes for half an hour",
    [[`${main}.health.command`, "dagster-daemon liveness-check"]],
    "must not be `dagster-daemon liveness-check`",
  ],
  [
    "an answer by nobody known",
    [withUrl, [`${main}.health.answeredBy`, "webserver"]],
    "must be one of scheduler, anybody",
  ],
  [
    "a check longer than the node waits",
    [withUrl, [`${main}.health.timeoutSeconds`, 5]],
    "must be a whole number of seconds from 1 to 4",
  ],
  [
    "a grant that one killed tick could cost",
    [[`${main}.timers.grantSeconds`, 105]],
    "grantSeconds is 105: must be more than 105: 2 leases of 25 s, 2 beats of 10 s, a delivery of 30 s and 5 s of skew",
  ],
  [
    "a beat too long for the grant",
    [["beatSeconds", 20]],
    "grantSeconds is 120 by default: must be more than 125",
  ],
  [
    "a stop longer than the grant",
    [[`${main}.timers.killGraceSeconds`, 120]],
    "killGraceSeconds is 120: must be less than grantSeconds, 120",
  ],
  [
    "a settle time that no tick sees",
    [
      ["beatSeconds", 15],
      [`${main}.timers.settleSeconds`, 14],
    ],
    "settleSeconds is 14: must be at least beatSeconds, 15",
  ],
  [
    "a cooldown shorter than the settle time",
    [[`${main}.timers.settleSeconds`, 400]],
    "cooldownSeconds is 300 by default: must be at least settleSeconds, 400",
  ],
  [
    "a start command whose scheduler nobody could find",
    [...started, [`${main}.scheduler.pidFile`, undefined]],
    "clusters.main.scheduler must say how a scheduler is found that somebody else has started: give pattern or pidFile",
  ],
  ["a fence that is none", [[`${main}.fence`, "stonith"]], "must be one of none, ec2-stop"],
  ["no guard and no fence", [[`${main}.guard`, "off"]], 'guard is "off": must be on'],
  ["a slip of the pen", [["beatSecond", 10]], "beatSecond is not a setting: did you mean beatSeconds?"],
  [
    "a setting in the wrong place",
    [[`${main}.grantSeconds`, 200]],
    "clusters.main.grantSeconds is not a setting here: it belongs to clusters.NAME.timers.grantSeconds",
  ],
  [
    "a setting out of the blue",
    [[`${main}.timers.colour`, 1]],
    "clusters.main.timers.colour is not a setting: valid here are grantSeconds, killGraceSeconds",
  ],
];

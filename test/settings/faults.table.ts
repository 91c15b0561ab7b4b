import { type Change, cluster } from "./written.ts";

const NODE_A = "i-0aaaaaaaaaaaaaaaa";
const NODE_B = "i-0bbbbbbbbbbbbbbbb";
const otherCluster = { ...cluster(), scheduler: { unit: "celery-beat.service" } };
export const main = "clusters.main";
export const listed: Change[] = [
  [`${main}.nodes.tag`, undefined],
  [`${main}.nodes.instanceIds`, [NODE_A, NODE_B]],
];
export const started: Change[] = [
  [`${main}.scheduler.unit`, undefined],
  [`${main}.scheduler.start`, "/opt/beat start"],
  [`${main}.scheduler.pidFile`, "/run/beat.pid"],
];
export const withUrl: Change = [`${main}.health.url`, "http://localhost:8974/health"];

/** Each rule broken once: what is wrong, the changes that make it so, and what is said. */
export const FAULTS: readonly (readonly [name: string, changes: readonly Change[], said: string])[] = [
  [
    "a beat too short",
    [["beatSeconds", 4]],
    "beatSeconds is 4: must be a whole number of seconds from 5 to 60",
  ],
  [
    "a beat too long",
    [["beatSeconds", 61]],
    "beatSeconds is 61: must be a whole number of seconds from 5 to 60",
  ],
  [
    "half a second",
    [["beatSeconds", 7.5]],
    "beatSeconds is 7.5: must be a whole number of seconds from 5 to 60",
  ],
  ["a number as a text", [["beatSeconds", "10"]], 'beatSeconds is "10": must be a whole number'],
  [
    "a log level that is none",
    [["logLevel", "loud"]],
    'logLevel is "loud": must be one of debug, info, warn, error',
  ],
  [
    "a retention that CloudWatch Logs lacks",
    [["logRetentionDays", 8]],
    "logRetentionDays is 8: must be a number of days",
  ],
  ["no alerts", [["alerts", undefined]], "alerts is missing: must be a map with the settings from, to,"],
  ["no sender", [["alerts.from", undefined]], "alerts.from is missing: must be an e-mail address"],
  [
    "a sender with a name",
    [["alerts.from", "Me <me@a.dev>"]],
    'alerts.from is "Me <me@a.dev>": must be an e-mail address',
  ],
  [
    "a recipient beyond 7 bits",
    [["alerts.to", ["jürgen@a.dev"]]],
    'alerts.to[0] is "jürgen@a.dev": must be an e-mail address in 7-bit',
  ],
  ["a recipient that forges a header", [["alerts.to", ["a@b.dev\nBcc: c@d.dev"]]], "alerts.to[0] is"],
  ["no recipients", [["alerts.to", []]], "alerts.to is []: must name at least one address"],
  ["a recipient twice", [["alerts.to", ["a@b.dev", "A@b.dev"]]], "must name each address once"],
  [
    "too many recipients",
    [["alerts.to", Array.from({ length: 51 }, (_, n) => `a${n}@b.dev`)]],
    "must name at most 50 addresses",
  ],
  ["a subject of two lines", [["alerts.subjectPrefix", "a\nb"]], "alerts.subjectPrefix is"],
  [
    "no tick before an alert",
    [["alerts.retriesBeforeAlert", 0]],
    "must be a whole number of ticks from 1 to 100",
  ],
  [
    "a reminder that never comes",
    [["alerts.reminderHours", 0]],
    "must be a whole number of hours from 1 to 168",
  ],
  [
    "an identity that is none",
    [["alerts.identity", "airline"]],
    'alerts.identity is "airline": must be an e-mail address or a domain',
  ],
  [
    "an identity of somebody else",
    [["alerts.identity", "other.dev"]],
    'alerts.identity is "other.dev": must be scheduler@airline.dev or a domain of it',
  ],
  [
    "an identity whose name ends alike",
    [["alerts.identity", "line.dev"]],
    "must be scheduler@airline.dev or a domain of it",
  ],
  ["a topic's name in place of its ARN", [["alerts.topicArn", "alarms"]], "must be the ARN of an SNS topic"],
  ["yes in place of true", [["alerts.subscribe", "yes"]], 'alerts.subscribe is "yes": must be true or false'],
  ["no clusters", [["clusters", {}]], "must name at least one cluster"],
  ["clusters as a list", [["clusters", [cluster()]]], "must be a map from the name of each cluster"],
  [
    "a cluster's name in capitals",
    [["clusters.Main", otherCluster]],
    "clusters.Main is no name for a cluster",
  ],
  ["a cluster's name too long", [[`clusters.${"a".repeat(33)}`, otherCluster]], "is no name for a cluster"],
  [
    "two clusters that share scheduler and tag",
    [["clusters.other", cluster()]],
    "clusters.other must not have the same nodes and the same scheduler as cluster main",
  ],
  [
    "more listed nodes than a role's policies hold",
    Array.from({ length: 12 }, (_, n): Change => [
      `clusters.cluster-${n}`,
      {
        ...cluster(),
        nodes: {
          instanceIds: Array.from({ length: 40 }, (_, m) => `i-${String(n * 40 + m).padStart(17, "0")}`),
        },
      },
    ]),
    "clusters must be fewer, or have their nodes by tag",
  ],
  [
    "more clusters than a stack has room for",
    Array.from({ length: 64 }, (_, n): Change => [
      `clusters.cluster-${n}`,
      { ...cluster(), scheduler: { unit: `unit-${n}.service` } },
    ]),
    "clusters must be 64 at the most, and are 65",
  ],
  ["no nodes", [[`${main}.nodes`, undefined]], "clusters.main.nodes is missing"],
  [
    "neither tag nor list",
    [[`${main}.nodes`, {}]],
    "clusters.main.nodes must say where the nodes are: give tag or instanceIds",
  ],
  ["tag and list", [[`${main}.nodes.instanceIds`, [NODE_A]]], "must not stand beside tag"],
  [
    "a tag that EC2 would read as a wildcard",
    [[`${main}.nodes.tag.value`, "air*"]],
    'clusters.main.nodes.tag.value is "air*"',
  ],
  ["a tag that IAM would read as a variable", [[`${main}.nodes.tag.key`, "${aws:x}"]], "must be a tag key"],
  [
    "an instance id that is none",
    [[`${main}.nodes.prefer`, ["i-123"]]],
    'clusters.main.nodes.prefer[0] is "i-123": must be an EC2 instance id',
  ],
  ["a node twice", [[`${main}.nodes.prefer`, [NODE_A, NODE_A]]], "must name each instance once"],
  [
    "a node preferred and excluded",
    [
      [`${main}.nodes.prefer`, [NODE_A]],
      [`${main}.nodes.exclude`, [NODE_A]],
    ],
    'prefer[0] is "i-0aaaaaaaaaaaaaaaa": must not be in exclude, too',
  ],
  [
    "a preferred stranger",
    [...listed, [`${main}.nodes.prefer`, ["i-0cccccccccccccccc"]]],
    "must be one of instanceIds",
  ],
  [
    "an excluded stranger",
    [...listed, [`${main}.nodes.exclude`, ["i-0cccccccccccccccc"]]],
    "must be one of instanceIds",
  ],
  [
    "all nodes excluded",
    [...listed, [`${main}.nodes.exclude`, [NODE_A, NODE_B]]],
    "must leave at least one node",
  ],
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

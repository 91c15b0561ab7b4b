import { PROFILES } from "../../lib/settings/profiles.ts";
import { type FaultCase, main, SCHEDULER_FAULTS } from "./faults-scheduler.table.ts";
import { type Change, cluster } from "./written.ts";

const NODE_A = "i-0aaaaaaaaaaaaaaaa";
const NODE_B = "i-0bbbbbbbbbbbbbbbb";
const otherCluster = { ...cluster(), scheduler: { unit: "celery-beat.service" } };
export const listed: Change[] = [
  [`${main}.nodes.tag`, undefined],
  [`${main}.nodes.instanceIds`, [NODE_A, NODE_B]],
];

/** Each rule broken once. */
export const FAULTS: readonly FaultCase[] = [
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
    "two clusters whose pattern finds the other's scheduler on the same nodes",
    [
      [`${main}.scheduler.pattern`, "our-beat run"],
      [
        "clusters.other",
        { ...otherCluster, scheduler: { unit: "celery-beat.service", pattern: "our-beat run" } },
      ],
    ],
    "clusters.other must not have the same nodes and the same scheduler as cluster main",
  ],
  [
    "a pattern that finds the scheduler of another cluster's unit on the same nodes, by its profile",
    [
      [`${main}.scheduler.pattern`, PROFILES["celery-beat"].values["scheduler.pattern"]?.value],
      [
        "clusters.other",
        { ...otherCluster, scheduler: { profile: "celery-beat", unit: "shop-beat.service" } },
      ],
    ],
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
  ...SCHEDULER_FAULTS,
];

/** What the controller may do, statement by statement: each action that it calls, and no other. */
import { Aws } from "aws-cdk-lib";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import { EVENT_SOURCE } from "../core/events.ts";
import type { ClusterSettings, Settings } from "../core/settings.ts";

const arn = (service: string, resource: string): string =>
  `arn:${Aws.PARTITION}:${service}:${Aws.REGION}:${Aws.ACCOUNT_ID}:${resource}`;

export const useRecords = (table: ITable): PolicyStatement =>
  new PolicyStatement({
    sid: "UseRecords",
    actions: ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:Query"],
    resources: [table.tableArn],
  });

export const writeLogs = (logGroup: ILogGroup): PolicyStatement =>
  new PolicyStatement({
    sid: "WriteLogs",
    actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
    /** The streams of this one group. */
    resources: [logGroup.logGroupArn],
  });

/**
 * On every identity, since SES may also check those of the recipients; what may be sent is bound by the sender instead.
 */
export const sendMail = (from: string): PolicyStatement =>
  new PolicyStatement({
    sid: "SendMail",
    actions: ["ses:SendEmail"],
    resources: [arn("ses", "identity/*")],
    conditions: { StringEquals: { "ses:FromAddress": from } },
  });

/** What is sent is bound by its source, which every event must name: `ForAllValues` alone holds where there is none. */
export const publishEvents = (bus: string): PolicyStatement =>
  new PolicyStatement({
    sid: "PublishEvents",
    actions: ["events:PutEvents"],
    resources: [arn("events", `event-bus/${bus}`)],
    conditions: {
      "ForAllValues:StringEquals": { "events:source": EVENT_SOURCE },
      Null: { "events:source": "false" },
    },
  });

/** On `*`, since neither action has resource-level permissions; both only read. */
export const readNodes = (): PolicyStatement =>
  new PolicyStatement({
    sid: "ReadNodes",
    actions: ["ec2:DescribeInstances", "ssm:ListCommandInvocations"],
    resources: ["*"],
  });

/** Two kinds of statement, since the document does not carry the nodes' tag: both must allow a command. */
export const sendDocuments = (
  clusters: Settings["clusters"],
  documents: Readonly<Record<string, string>>,
): readonly PolicyStatement[] => [
  new PolicyStatement({
    sid: "SendOwnDocuments",
    actions: ["ssm:SendCommand"],
    resources: Object.values(documents).map((name) => arn("ssm", `document/${name}`)),
  }),
  ...Object.entries(clusters).map(([name, cluster]) =>
    onNodes(cluster, `ReachNodesOf${capitalized(name)}`, "ssm:SendCommand", "ssm:resourceTag"),
  ),
];

/** Only where the cluster's settings ask for the fence. */
export const stopNodes = (clusters: Settings["clusters"]): readonly PolicyStatement[] =>
  Object.entries(clusters)
    .filter(([, { fence }]) => fence === "ec2-stop")
    .map(([name, cluster]) =>
      onNodes(cluster, `FenceNodesOf${capitalized(name)}`, "ec2:StopInstances", "aws:ResourceTag"),
    );

const onNodes = (
  { nodes }: ClusterSettings,
  sid: string,
  action: string,
  tagKey: "ssm:resourceTag" | "aws:ResourceTag",
): PolicyStatement => {
  const statement = new PolicyStatement({
    sid,
    actions: [action],
    resources: (nodes.instanceIds ?? ["*"]).map((id) => arn("ec2", `instance/${id}`)),
  });
  if (nodes.tag) {
    statement.addCondition("StringEquals", { [`${tagKey}/${nodes.tag.key}`]: nodes.tag.value });
  }
  return statement;
};

/** A statement's id takes letters and digits only. */
const capitalized = (name: string): string =>
  name.replaceAll(/(^|-)(.)/g, (_, __, letter: string) => letter.toUpperCase());

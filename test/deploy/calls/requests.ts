/**
 * What IAM is asked for each call: action, resource and the keys that conditions can name, by the Service Authorization
 * Reference. A call may need several: SendCommand is evaluated on the document and on each instance.
 */
import type { CallRecord } from "../../../lib/sandbox/gateway/call-log.ts";
import { SANDBOX_ACCOUNT, SANDBOX_REGION } from "../../../lib/sandbox/template/place.ts";

export interface IamRequest {
  readonly action: string;
  readonly resource: string;
  /** A list where the key has several values. */
  readonly context: Readonly<Record<string, string | string[]>>;
}

export type Tags = Readonly<Record<string, Readonly<Record<string, string>>>>;

type Params = CallRecord["params"];

export const arn = (service: string, resource: string): string =>
  `arn:aws:${service}:${SANDBOX_REGION}:${SANDBOX_ACCOUNT}:${resource}`;

const everywhere = (action: string) => (): readonly IamRequest[] => [{ action, resource: "*", context: {} }];

const onTable =
  (operation: string) =>
  ({ TableName }: Params): readonly IamRequest[] => [
    { action: `dynamodb:${operation}`, resource: arn("dynamodb", `table/${String(TableName)}`), context: {} },
  ];

/** The instance's tags as the action sees them, under the prefix of the service whose key the role names. */
export const onInstance = (action: string, id: string, tags: Tags): IamRequest => {
  const own = Object.entries(tags[id] ?? {});
  const prefixes = action.startsWith("ssm:") ? ["aws:ResourceTag", "ssm:resourceTag"] : ["aws:ResourceTag"];
  const context = prefixes.flatMap((prefix) => own.map(([key, value]) => [`${prefix}/${key}`, value]));
  return { action, resource: arn("ec2", `instance/${id}`), context: Object.fromEntries(context) };
};

export const onDocument = (name: string): IamRequest => ({
  action: "ssm:SendCommand",
  resource: arn("ssm", `document/${name}`),
  context: {},
});

/** The sender's identity is required; SES may look at the recipients' too. */
export const mail = (from: string, identities: readonly string[]): readonly IamRequest[] =>
  identities.map((identity) => ({
    action: "ses:SendEmail",
    resource: arn("ses", `identity/${identity}`),
    context: { "ses:FromAddress": from },
  }));

const list = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

const records = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === "object" && each !== null) : [];

const BY_CALL: Readonly<Record<string, (params: Params, tags: Tags) => readonly IamRequest[]>> = {
  "dynamodb:GetItem": onTable("GetItem"),
  "dynamodb:PutItem": onTable("PutItem"),
  "dynamodb:UpdateItem": onTable("UpdateItem"),
  "dynamodb:Query": onTable("Query"),
  "ec2:DescribeInstances": everywhere("ec2:DescribeInstances"),
  "ec2:StopInstances": ({ InstanceId }, tags) =>
    list(InstanceId).map((id) => onInstance("ec2:StopInstances", id, tags)),
  "ssm:ListCommandInvocations": everywhere("ssm:ListCommandInvocations"),
  "ssm:SendCommand": ({ DocumentName, InstanceIds }, tags) => [
    onDocument(String(DocumentName)),
    ...list(InstanceIds).map((id) => onInstance("ssm:SendCommand", id, tags)),
  ],
  "ses:SendEmail": ({ Source, Destination }) => {
    const to = list((Destination as Record<string, unknown> | undefined)?.["ToAddresses"]);
    return mail(String(Source), [String(Source), ...to]);
  },
  "events:PutEvents": ({ Entries }) =>
    records(Entries).map(({ EventBusName, Source, DetailType }) => ({
      action: "events:PutEvents",
      resource: arn("events", `event-bus/${String(EventBusName)}`),
      context: { "events:source": [String(Source)], "events:detail-type": [String(DetailType)] },
    })),
  "lambda:Invoke": ({ FunctionName }) => [
    {
      action: "lambda:InvokeFunction",
      resource: String(FunctionName).startsWith("arn:")
        ? String(FunctionName)
        : arn("lambda", `function:${String(FunctionName)}`),
      context: {},
    },
  ],
};

/** @throws on a call that nothing is known of: then the role cannot be judged. */
export const requestsOf = ({ service, operation, params }: CallRecord, tags: Tags): readonly IamRequest[] => {
  const find = BY_CALL[`${service}:${operation}`];
  if (find === undefined) throw new Error(`no permission is known for ${service}:${operation}`);
  return find(params, tags);
};

/** Each different request once that calls of these callers make. */
export const askedBy = (caller: RegExp, calls: readonly CallRecord[], tags: Tags): readonly IamRequest[] => {
  const all = calls.filter((call) => caller.test(call.caller)).flatMap((call) => requestsOf(call, tags));
  return [...new Map(all.map((request) => [JSON.stringify(request), request])).values()];
};

export const CONTROLLER = /^function:/;
export const LOOP = /^states$/;

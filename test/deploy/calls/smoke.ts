/** What an operator types into the AWS command-line tool, and what comes back. */
export interface Known {
  readonly functionName: string;
  readonly tableName: string;
  readonly document: string;
  readonly instance: string;
}

export interface SmokeCommand {
  readonly says: string;
  readonly args: (known: Known) => readonly string[];
  /** In the output; where the command is refused, in what it says of that. */
  readonly shows: RegExp;
  /** The service says no. */
  readonly refused?: true;
}

/**
 * As README and mails show it, but for `--cli-binary-format raw-in-base64-out`: version 2 of the tool needs it, and
 * version 1, which is the one that PyPI has, does so always and does not know the option.
 */
const invoke = (functionName: string, alias: string, payload: object): readonly string[] => [
  "lambda",
  "invoke",
  "--function-name",
  `${functionName}:${alias}`,
  "--payload",
  JSON.stringify(payload),
  "/dev/stdout",
];

export const SMOKE: readonly SmokeCommand[] = [
  {
    says: "the status, by lambda invoke",
    args: ({ functionName }) => invoke(functionName, "read", { action: "status", cluster: "demo" }),
    shows: /"ok":true,"action":"status","cluster":"demo"/,
  },
  {
    says: "a test mail, by lambda invoke",
    args: ({ functionName }) => invoke(functionName, "operate", { action: "send_test_email" }),
    shows: /"ok":true,"action":"send_test_email"/,
  },
  {
    says: "a refusal is a reply, not an error",
    args: ({ functionName }) => invoke(functionName, "operate", { action: "failover", to: "i-0nowhere" }),
    shows: /"ok":false/,
  },
  {
    says: "the caller",
    args: () => ["sts", "get-caller-identity"],
    shows: /"Account": "0{12}"/,
  },
  {
    says: "the stack's outputs",
    args: () => ["cloudformation", "describe-stacks", "--stack-name", "SchedulerFailover"],
    shows: /"OutputKey": "FunctionName"/,
  },
  {
    says: "the managed nodes",
    args: () => ["ssm", "describe-instance-information"],
    shows: /"PingStatus": "Online"/,
  },
  {
    says: "the commands that were sent",
    // Several ticks' worth: the newest may be under way.
    args: () => ["ssm", "list-command-invocations", "--details", "--max-items", "10"],
    shows: /"Status": "Success"/,
  },
  {
    says: "a shell is not to be had",
    args: ({ instance }) => [
      "ssm",
      "send-command",
      "--document-name",
      "AWS-RunShellScript",
      "--instance-ids",
      instance,
      "--parameters",
      "commands=id",
    ],
    shows: /InvalidDocument/,
    refused: true,
  },
  {
    says: "the record, by dynamodb get-item",
    args: ({ tableName }) => [
      "dynamodb",
      "get-item",
      "--table-name",
      tableName,
      "--key",
      '{"pk":{"S":"CLUSTER#demo"},"sk":{"S":"RECORD"}}',
    ],
    shows: /"token"/,
  },
  {
    says: "the history, by dynamodb query",
    args: ({ tableName }) => [
      "dynamodb",
      "query",
      "--table-name",
      tableName,
      "--key-condition-expression",
      "pk = :pk AND begins_with(sk, :sk)",
      "--expression-attribute-values",
      '{":pk":{"S":"CLUSTER#demo"},":sk":{"S":"HISTORY#"}}',
      "--no-scan-index-forward",
      "--max-items",
      "3",
    ],
    shows: /HISTORY#/,
  },
  {
    says: "a mail by ses",
    args: () => [
      "ses",
      "send-email",
      "--from",
      "controller@sandbox.scheduler-failover.dev",
      "--to",
      "operator@sandbox.scheduler-failover.dev",
      "--subject",
      "by hand",
      "--text",
      "sent by the AWS CLI",
    ],
    shows: /"MessageId"/,
  },
  {
    says: "the instances",
    args: ({ instance }) => [
      "ec2",
      "describe-instances",
      "--instance-ids",
      instance,
      "--query",
      "Reservations[].Instances[].State.Name",
    ],
    shows: /running/,
  },
];

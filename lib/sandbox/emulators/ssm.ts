/** Systems Manager's Run Command and its list of managed instances. */
import { z } from "zod";
import { AwsError, NotImplemented } from "../gateway/aws-error.ts";
import { awsJson } from "../gateway/protocols.ts";
import { checkParameters, scriptOf } from "../nodes/document.ts";
import type { Call, Service } from "../gateway/service.ts";
import type { Fleet } from "../nodes/fleet.ts";
import type { LocalNode } from "../nodes/node.ts";
import type { Invocation, RunCommand } from "../nodes/run-command.ts";
import type { DocumentModel } from "../template/deployment.ts";
import { describeInstanceInformation } from "./ssm-instances.ts";
import { validated } from "./validated.ts";
import { combinedOutput, statusOf, truncate } from "./ssm-status.ts";

export interface SsmParts {
  readonly fleet: Fleet;
  readonly runCommand: RunCommand;
  readonly documents: readonly DocumentModel[];
  readonly account: string;
}

export function ssmService(parts: SsmParts): Service {
  return {
    name: "ssm",
    protocol: awsJson("1.1"),
    operations: {
      SendCommand: (call) => sendCommand(parts, call),
      ListCommandInvocations: (call) => listCommandInvocations(parts, call),
      GetCommandInvocation: (call) => getCommandInvocation(parts, call),
      CancelCommand: (call) => cancelCommand(parts, call),
      DescribeInstanceInformation: (call) => describeInstanceInformation(parts.fleet, call),
      ListDocuments: () => ({
        DocumentIdentifiers: parts.documents.map(({ name, type }) => ({
          Name: name,
          DocumentType: type,
          Owner: parts.account,
          SchemaVersion: "2.2",
          DocumentFormat: "JSON",
        })),
      }),
    },
  };
}

const instanceIds = z.array(z.string().regex(/^i-(\w{8}|\w{17})$|^mi-\w{17}$/u)).max(50);

const SendCommandInput = z.looseObject({
  DocumentName: z.string().regex(/^[\w.:/-]{3,}$/u),
  DocumentVersion: z.string().optional(),
  InstanceIds: instanceIds.optional(),
  TimeoutSeconds: z.int().min(30).max(2_592_000).optional(),
  Comment: z.string().max(100).optional(),
  Parameters: z.record(z.string(), z.array(z.string())).optional(),
});
/** What SendCommand takes and the sandbox does not imitate. */
const UNSUPPORTED_SEND_MEMBERS = [
  "Targets",
  "AlarmConfiguration",
  "OutputS3BucketName",
  "NotificationConfig",
];
const DEFAULT_DELIVERY_SECONDS = 3600;

function sendCommand({ fleet, runCommand, documents, account }: SsmParts, call: Call): object {
  const input = validated(SendCommandInput, call.params);
  for (const member of UNSUPPORTED_SEND_MEMBERS) {
    if (call.params[member] !== undefined) throw new NotImplemented(`ssm:SendCommand with ${member}`);
  }
  if (!["$DEFAULT", "$LATEST", "1", undefined].includes(input.DocumentVersion)) {
    throw new AwsError("InvalidDocumentVersion", `The document has no version ${input.DocumentVersion}.`);
  }
  const name = input.DocumentName.split("/").at(-1);
  const document = documents.find((one) => one.name === name);
  if (document === undefined) {
    throw new AwsError("InvalidDocument", `Document with name ${input.DocumentName} does not exist.`);
  }
  const ids = input.InstanceIds ?? [];
  if (new Set(ids).size < ids.length)
    throw new AwsError("DuplicateInstanceId", "An instance is named twice.");
  const values = checkParameters(document, input.Parameters ?? {});
  const nodes = ids.map((id) => managed(fleet, id, account));
  const timeoutSeconds = input.TimeoutSeconds ?? DEFAULT_DELIVERY_SECONDS;
  const script = scriptOf(document, values);
  const commandId = runCommand.send(nodes, {
    documentName: document.name,
    scripts: [script],
    timeoutSeconds,
    comment: input.Comment ?? "",
  });
  return {
    Command: {
      CommandId: commandId,
      DocumentName: document.name,
      DocumentVersion: "$DEFAULT",
      Comment: input.Comment ?? "",
      Parameters: input.Parameters ?? {},
      InstanceIds: ids,
      Targets: [],
      RequestedDateTime: Date.now() / 1000,
      ExpiresAfter: Date.now() / 1000 + timeoutSeconds + script.timeoutSeconds,
      Status: "Pending",
      StatusDetails: "Pending",
      TargetCount: ids.length,
      CompletedCount: 0,
      ErrorCount: 0,
      DeliveryTimedOutCount: 0,
      MaxConcurrency: "50",
      MaxErrors: "0",
      TimeoutSeconds: timeoutSeconds,
    },
  };
}

/** One instance that no agent ever spoke for, or that is gone, makes the whole call fail. */
function managed(fleet: Fleet, id: string, account: string): LocalNode {
  const node = fleet.byId(id);
  const valid =
    node !== undefined && node.lastPing > 0 && !["shutting-down", "terminated"].includes(node.state);
  if (!valid) {
    throw new AwsError(
      "InvalidInstanceId",
      `Instances [[${id}]] not in a valid state for account ${account}`,
    );
  }
  return node;
}

const ListInput = z.looseObject({
  CommandId: z.string().length(36).optional(),
  InstanceId: z.string().optional(),
  MaxResults: z.int().min(1).max(50).optional(),
  NextToken: z.string().optional(),
  Details: z.boolean().optional(),
});
const PAGE = 50;

function listCommandInvocations({ runCommand }: SsmParts, call: Call): object {
  const input = validated(ListInput, call.params);
  if (call.params["Filters"] !== undefined)
    throw new NotImplemented("ssm:ListCommandInvocations with Filters");
  const found = runCommand
    .visible()
    .filter((one) => input.CommandId === undefined || one.commandId === input.CommandId)
    .filter((one) => input.InstanceId === undefined || one.node.id === input.InstanceId)
    .toReversed();
  const from = Number(input.NextToken ?? 0);
  const to = from + (input.MaxResults ?? PAGE);
  return {
    CommandInvocations: found.slice(from, to).map((one) => describe(one, input.Details === true)),
    ...(to < found.length ? { NextToken: String(to) } : {}),
  };
}

function describe(invocation: Invocation, details: boolean): object {
  const { status, statusDetails, responseCode } = statusOf(invocation, Date.now());
  const { result, node, script } = invocation;
  return {
    CommandId: invocation.commandId,
    InstanceId: node.id,
    InstanceName: node.name,
    Comment: invocation.comment,
    DocumentName: invocation.documentName,
    DocumentVersion: "$DEFAULT",
    RequestedDateTime: invocation.requestedAt / 1000,
    Status: status,
    StatusDetails: statusDetails,
    TraceOutput: "",
    CommandPlugins: details
      ? [
          {
            Name: script.step,
            Status: status,
            StatusDetails: statusDetails,
            ResponseCode: responseCode,
            ...(result === undefined
              ? {}
              : {
                  ResponseStartDateTime: result.startedAt / 1000,
                  ResponseFinishDateTime: result.endedAt / 1000,
                }),
            Output: result === undefined ? "" : combinedOutput(result),
          },
        ]
      : [],
  };
}

const GetInput = z.looseObject({
  CommandId: z.string().length(36),
  InstanceId: z.string(),
  PluginName: z.string().optional(),
});
/** What GetCommandInvocation shows of each output. */
const STDOUT_CHARACTERS = 24_000;
const STDERR_CHARACTERS = 8_000;

function getCommandInvocation({ runCommand }: SsmParts, call: Call): object {
  const input = validated(GetInput, call.params);
  const found = runCommand
    .visible()
    .find((one) => one.commandId === input.CommandId && one.node.id === input.InstanceId);
  if (found === undefined) throw new AwsError("InvocationDoesNotExist", "");
  if (input.PluginName !== undefined && input.PluginName !== found.script.step) {
    throw new AwsError("InvalidPluginName", `The command has no step ${input.PluginName}.`);
  }
  const { status, statusDetails, responseCode } = statusOf(found, Date.now());
  const { result } = found;
  return {
    CommandId: found.commandId,
    InstanceId: found.node.id,
    Comment: found.comment,
    DocumentName: found.documentName,
    DocumentVersion: "$DEFAULT",
    PluginName: found.script.step,
    ResponseCode: responseCode,
    ExecutionStartDateTime: result === undefined ? "" : new Date(result.startedAt).toISOString(),
    ExecutionElapsedTime: result === undefined ? "" : `PT${(result.endedAt - result.startedAt) / 1000}S`,
    ExecutionEndDateTime: result === undefined ? "" : new Date(result.endedAt).toISOString(),
    Status: status,
    StatusDetails: statusDetails,
    StandardOutputContent: truncate(result?.stdout ?? "", STDOUT_CHARACTERS),
    StandardErrorContent: truncate(result?.stderr ?? "", STDERR_CHARACTERS),
  };
}

const CancelInput = z.looseObject({ CommandId: z.string().length(36), InstanceIds: instanceIds.optional() });

function cancelCommand({ runCommand }: SsmParts, call: Call): object {
  const input = validated(CancelInput, call.params);
  if (!runCommand.invocations.some((one) => one.commandId === input.CommandId)) {
    throw new AwsError("InvalidCommandId", "");
  }
  runCommand.cancel(input.CommandId, input.InstanceIds ?? []);
  return {};
}

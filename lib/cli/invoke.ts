/** Asks the controller's function, and tells its answers from everything else that may come back. */
import { InvokeCommand, type InvokeCommandOutput, LambdaClient } from "@aws-sdk/client-lambda";
import type { Reply } from "../../lambda/actions/reply.ts";
import type { Connection, Place } from "./connection.ts";
import { describeCall, messageOf } from "./failures.ts";
import { CommandError } from "./io.ts";
import type { ClientSettings } from "./services.ts";

export function invokerOf(settings: ClientSettings, place: Place): Connection["invoke"] {
  const client = new LambdaClient(settings);
  const { functionName, region, sandbox } = place;
  return async (request, alias) => {
    const command = new InvokeCommand({
      FunctionName: functionName,
      Qualifier: alias,
      Payload: Buffer.from(JSON.stringify(request)),
    });
    let answer: InvokeCommandOutput;
    try {
      answer = await client.send(command);
    } catch (error) {
      const resource = `function ${functionName} with an alias ${alias}`;
      throw describeCall(error, { permission: "lambda:InvokeFunction", resource, region, sandbox });
    }
    return replyOf(answer, functionName);
  };
}

function replyOf({ Payload, FunctionError }: InvokeCommandOutput, functionName: string): Reply {
  const payload = parse(Payload);
  if (FunctionError !== undefined) throw functionFailed(functionName, payload);
  if (isReply(payload)) return payload;
  throw new CommandError(
    `The function ${functionName} did not answer as the controller does: is it the right one? It said ${JSON.stringify(payload).slice(0, 200)}`,
  );
}

function parse(payload: Uint8Array | undefined): unknown {
  const text = Buffer.from(payload ?? []).toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function functionFailed(functionName: string, payload: unknown): CommandError {
  const message =
    typeof payload === "object" && payload !== null && "errorMessage" in payload
      ? messageOf(payload.errorMessage)
      : "no word why";
  return new CommandError(
    `The function ${functionName} itself failed: ${message}. \`logs --since 10m\` says more.`,
  );
}

function isReply(value: unknown): value is Reply {
  if (typeof value !== "object" || value === null || !("ok" in value)) return false;
  const said = value.ok === true ? value : "error" in value ? value.error : undefined;
  return typeof said === "object" && said !== null && "code" in said && "sentence" in said;
}

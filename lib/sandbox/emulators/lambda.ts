/** Lambda's REST interface: Invoke, and what a client needs to find the function. */
import { AwsError } from "../gateway/aws-error.ts";
import { isRecord, textOf } from "../values.ts";
import type { Call, Protocol, RawReply, RawRequest, Service } from "../gateway/service.ts";
import type { LambdaRuntime } from "../lambda/runtime.ts";
import type { FunctionModel } from "../template/deployment.ts";

/** Lambda refuses a larger request of a synchronous invocation. */
const LARGEST_PAYLOAD_BYTES = 6 * 1024 * 1024;
const LOG_TAIL_BYTES = 4096;

/** Given in place of an output where headers matter. */
interface InvokeOutput {
  readonly raw: RawReply;
}

export function lambdaService(runtime: LambdaRuntime): Service {
  return {
    name: "lambda",
    protocol: restProtocol,
    operations: {
      Invoke: (call) => invoke(runtime, call),
      GetFunctionConfiguration: (call) => {
        const { model, version } = runtime.find(
          textOf(call.params["FunctionName"]),
          call.request.query.get("Qualifier") ?? undefined,
        );
        return configuration(model, version);
      },
      ListFunctions: () => ({ Functions: runtime.functions.map((one) => configuration(one, "$LATEST")) }),
      ListAliases: (call) => {
        const { model } = runtime.find(textOf(call.params["FunctionName"]));
        return {
          Aliases: Object.entries(model.aliases).map(([name, version]) => ({
            AliasArn: `${model.arn}:${name}`,
            Name: name,
            FunctionVersion: version,
          })),
        };
      },
    },
  };
}

async function invoke(runtime: LambdaRuntime, call: Call): Promise<InvokeOutput> {
  const name = textOf(call.params["FunctionName"]);
  const qualifier = call.request.query.get("Qualifier") ?? undefined;
  const payload = checkedPayload(call.request.body);
  switch (call.request.headers["x-amz-invocation-type"] ?? "RequestResponse") {
    case "DryRun":
      runtime.find(name, qualifier);
      return { raw: { status: 204, headers: {}, body: "" } };
    case "Event":
      runtime.invokeLater(name, qualifier, payload);
      return { raw: { status: 202, headers: {}, body: "" } };
    case "RequestResponse":
      return { raw: await invokeNow(runtime, call, name, qualifier, payload) };
    default:
      throw new AwsError(
        "InvalidParameterValueException",
        `InvocationType "${call.request.headers["x-amz-invocation-type"]}" is not one of Event, RequestResponse, DryRun`,
      );
  }
}

async function invokeNow(
  runtime: LambdaRuntime,
  call: Call,
  name: string,
  qualifier: string | undefined,
  payload: string,
): Promise<RawReply> {
  const result = await runtime.invoke(name, qualifier, payload);
  const tail = call.request.headers["x-amz-log-type"] === "Tail";
  return {
    status: 200,
    headers: {
      "content-type": "application/json",
      "x-amzn-requestid": result.requestId,
      "x-amz-executed-version": result.executedVersion,
      ...(result.functionError === undefined ? {} : { "x-amz-function-error": result.functionError }),
      ...(tail
        ? { "x-amz-log-result": Buffer.from(result.log).subarray(-LOG_TAIL_BYTES).toString("base64") }
        : {}),
    },
    body: result.payload,
  };
}

function checkedPayload(body: Buffer): string {
  if (body.length > LARGEST_PAYLOAD_BYTES) {
    throw new AwsError(
      "RequestTooLargeException",
      `${body.length} byte payload is too large for the RequestResponse invocation type (limit ${LARGEST_PAYLOAD_BYTES} bytes)`,
      { status: 413 },
    );
  }
  const text = body.length === 0 ? "{}" : body.toString("utf8");
  try {
    JSON.parse(text);
  } catch (cause) {
    throw new AwsError(
      "InvalidRequestContentException",
      `Could not parse request body into json: ${String(cause)}`,
    );
  }
  return text;
}

function configuration(model: FunctionModel, version: string): object {
  return {
    FunctionName: model.name,
    FunctionArn: version === "$LATEST" ? model.arn : `${model.arn}:${version}`,
    Runtime: model.runtime,
    Handler: model.handler,
    Timeout: model.timeoutSeconds,
    MemorySize: model.memoryMegabytes,
    Version: version,
    Environment: { Variables: model.environment },
    State: "Active",
    LastUpdateStatus: "Successful",
    PackageType: "Zip",
  };
}

/** Lambda's routes; a path that is none of them is named as it came. */
const ROUTES: readonly { method: string; path: RegExp; operation: string }[] = [
  { method: "POST", path: /^\/2015-03-31\/functions\/([^/]+)\/invocations$/u, operation: "Invoke" },
  {
    method: "GET",
    path: /^\/2015-03-31\/functions\/([^/]+)\/configuration$/u,
    operation: "GetFunctionConfiguration",
  },
  { method: "GET", path: /^\/2015-03-31\/functions\/([^/]+)\/aliases$/u, operation: "ListAliases" },
  { method: "GET", path: /^\/2015-03-31\/functions\/?$/u, operation: "ListFunctions" },
];

const restProtocol: Protocol = {
  parse: parseRoute,
  reply: (_operation, output, requestId) =>
    isRecord(output) && isRecord(output["raw"])
      ? withRequestId((output as unknown as InvokeOutput).raw, requestId)
      : {
          status: 200,
          headers: { "content-type": "application/json", "x-amzn-requestid": requestId },
          body: JSON.stringify(output),
        },
  error: ({ code, message, status, members }, requestId) => ({
    status,
    headers: {
      "content-type": "application/json",
      "x-amzn-requestid": requestId,
      "x-amzn-errortype": code,
    },
    body: JSON.stringify({ Type: status < 500 ? "User" : "Service", message, Message: message, ...members }),
  }),
};

function withRequestId(raw: RawReply, requestId: string): RawReply {
  return { ...raw, headers: { "x-amzn-requestid": requestId, ...raw.headers } };
}

function parseRoute(request: RawRequest): { operation: string; params: Record<string, unknown> } {
  for (const route of ROUTES) {
    const match = route.path.exec(request.path);
    if (match === null || request.method !== route.method) continue;
    const name = match[1];
    const params: Record<string, unknown> =
      name === undefined ? {} : { FunctionName: decodeURIComponent(name) };
    if (route.operation === "Invoke") {
      const qualifier = request.query.get("Qualifier");
      if (qualifier !== null) params["Qualifier"] = qualifier;
      params["InvocationType"] = request.headers["x-amz-invocation-type"] ?? "RequestResponse";
      params["Payload"] = request.body.toString("utf8");
    }
    return { operation: route.operation, params };
  }
  return { operation: `${request.method} ${request.path}`, params: {} };
}

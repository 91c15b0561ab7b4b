// The inside of one Lambda execution environment: loads the bundled handler once and runs one invocation at a time.
// Plain JavaScript, since it runs as the deployed code's own process. Arguments: code directory, handler.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [codeDirectory, handlerName] = process.argv.slice(2);
const send = process.send.bind(process);

// Ctrl-C reaches the whole process group; this process is ended by the sandbox.
process.on("SIGINT", () => undefined);
process.on("disconnect", () => process.exit(0));

function describe(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? "").split("\n") };
}

async function load() {
  const dot = handlerName.lastIndexOf(".");
  const base = join(codeDirectory, handlerName.slice(0, dot));
  const file = [".mjs", ".js", ".cjs"].map((extension) => base + extension).find((one) => existsSync(one));
  if (file === undefined) {
    throw Object.assign(new Error(`Cannot find module '${base}'`), { name: "Runtime.ImportModuleError" });
  }
  const loaded = await import(pathToFileURL(file).href);
  const handler = loaded[handlerName.slice(dot + 1)] ?? loaded.default?.[handlerName.slice(dot + 1)];
  if (typeof handler !== "function") {
    throw Object.assign(new Error(`${handlerName} is undefined or not exported`), {
      name: "Runtime.HandlerNotFound",
    });
  }
  return handler;
}

function contextOf({ requestId, arn, deadline }) {
  return {
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    invokedFunctionArn: arn,
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

async function invoke(handler, message) {
  try {
    const result = await handler(JSON.parse(message.payload), contextOf(message));
    return { kind: "done", payload: JSON.stringify(result ?? null) };
  } catch (error) {
    return { kind: "failed", payload: JSON.stringify(describe(error)) };
  }
}

try {
  const handler = await load();
  process.on("message", async (message) => {
    const outcome = await invoke(handler, message);
    // Standard output and this channel are two pipes: the mark says that the invocation's output ends here.
    process.stdout.write(`\u0000${message.requestId}\n`);
    send({ ...outcome, requestId: message.requestId });
  });
  send({ kind: "ready" });
} catch (error) {
  send({ kind: "init-failed", payload: JSON.stringify(describe(error)) }, () => process.exit(1));
}

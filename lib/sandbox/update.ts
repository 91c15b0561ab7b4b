/** A further deployment of a running stack: what the sandbox can take over, and CloudFormation's question to the new code. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { LambdaRuntime } from "./lambda/runtime.ts";
import type { Deployment, FunctionModel } from "./template/deployment.ts";
import { isRecord, textOf } from "./values.ts";

/** The deployment was taken back, or not even begun; the one before goes on. */
export class UpdateRefused extends Error {
  override readonly name = "UpdateRefused";
}

/** What is made once at the start and cannot be changed while a sandbox runs. */
const FIXED = ["tables", "stateMachines", "schedules", "rules", "identities"] as const;

export function refuseUpdate(now: Deployment, next: Deployment): void {
  const changed = FIXED.filter((part) => JSON.stringify(now[part]) !== JSON.stringify(next[part]));
  if (changed.length > 0)
    throw new UpdateRefused(
      `the sandbox does not implement a change of ${changed.join(", ")}: start it anew with these settings`,
    );
}

/** Higher than the version before, which is never 0: a step forward, not one back. */
const [FROM, TO] = ["1", "2"];

/** Every function with a published version is asked, as the custom resource in the template does. */
export async function askReadiness(
  runtime: LambdaRuntime,
  functions: readonly FunctionModel[],
): Promise<void> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    for (const { name, versions } of functions) {
      if (versions.length === 0) continue;
      const answer = answerTo(server);
      const invoked = runtime.invoke(name, undefined, JSON.stringify(question(port)));
      const reply: unknown = await Promise.race([answer, invoked.then(({ payload }) => refusal(payload))]);
      if (!isRecord(reply) || reply["Status"] !== "SUCCESS")
        throw new UpdateRefused(
          `${name} is not ready: ${isRecord(reply) ? textOf(reply["Reason"]) : "no answer"}`,
        );
      await invoked;
    }
  } finally {
    server.close();
  }
}

async function answerTo(server: ReturnType<typeof createServer>): Promise<unknown> {
  const [request, response] = (await once(server, "request")) as Parameters<
    Parameters<typeof createServer>[1] & object
  >;
  const body: unknown = JSON.parse(await text(request));
  response.end();
  return body;
}

/** An invocation that ended before it had answered; one that answers first has lost this race. */
const refusal = (payload: string): unknown => ({ Status: "FAILED", Reason: payload });

const question = (port: number) => ({
  RequestType: "Update",
  ResponseURL: `http://127.0.0.1:${port}/`,
  StackId: "arn:aws:cloudformation:stack",
  RequestId: randomUUID(),
  LogicalResourceId: "RecordsRead",
  ResourceType: "Custom::RecordsRead",
  ResourceProperties: { Version: TO },
  OldResourceProperties: { Version: FROM },
});

/** The operator: the real AWS SDK against the gateway, as anybody would call the deployed function. */
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { ListCommandInvocationsCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { Sandbox } from "../../lib/sandbox/sandbox.ts";
import { isRecord, listOf, recordOf, textOf } from "../../lib/sandbox/values.ts";

export interface Entry {
  readonly at: string;
  readonly token: number;
  readonly code: string;
  readonly sentence: string;
}

export class Operator {
  readonly #functionName: string;
  readonly #lambda: LambdaClient;
  readonly #ssm: SSMClient;

  constructor(sandbox: Sandbox) {
    const { AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = sandbox.environment;
    const options = {
      endpoint: sandbox.endpoint,
      region: AWS_REGION ?? "",
      credentials: {
        accessKeyId: AWS_ACCESS_KEY_ID ?? "",
        secretAccessKey: AWS_SECRET_ACCESS_KEY ?? "",
      },
    };
    this.#functionName = sandbox.output("FunctionName");
    this.#lambda = new LambdaClient(options);
    this.#ssm = new SSMClient(options);
  }

  /** The reply, a refusal included. @throws where the function itself failed */
  async ask(
    action: string,
    input: Readonly<Record<string, unknown>>,
    alias: "read" | "operate",
  ): Promise<Record<string, unknown>> {
    const output = await this.#lambda.send(
      new InvokeCommand({
        FunctionName: this.#functionName,
        Qualifier: alias,
        Payload: JSON.stringify({ action, ...input }),
      }),
    );
    const text = Buffer.from(output.Payload ?? []).toString("utf8");
    if (output.FunctionError !== undefined) throw new Error(`the action ${action} failed: ${text}`);
    return recordOf(JSON.parse(text));
  }

  /** The data of a reading action's answer. */
  async read(
    action: string,
    cluster: string,
    input: Readonly<Record<string, unknown>> = {},
  ): Promise<Record<string, unknown>> {
    const reply = await this.ask(action, { cluster, ...input }, "read");
    if (reply["ok"] !== true) throw new Error(`the action ${action} was refused: ${JSON.stringify(reply)}`);
    return recordOf(reply["data"]);
  }

  /** Oldest first. */
  async history(cluster: string): Promise<readonly Entry[]> {
    const { entries } = await this.read("history", cluster, { limit: 1000 });
    return listOf(entries)
      .filter(isRecord)
      .map(({ at, token, code, sentence }) => ({
        at: textOf(at),
        token: Number(token),
        code: textOf(code),
        sentence: textOf(sentence),
      }))
      .toReversed();
  }

  /** What the node's script printed in answer to commands that have arrived, as Run Command keeps it. */
  async printedBy(node: string): Promise<readonly string[]> {
    const { CommandInvocations } = await this.#ssm.send(
      new ListCommandInvocationsCommand({ InstanceId: node, Details: true, MaxResults: 50 }),
    );
    return (CommandInvocations ?? []).flatMap(({ CommandPlugins }) =>
      (CommandPlugins ?? []).map(({ Output }) => Output ?? ""),
    );
  }

  close(): void {
    this.#lambda.destroy();
    this.#ssm.destroy();
  }
}

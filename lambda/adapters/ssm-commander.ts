/**
 * Converges sent and answered through SSM Run Command.
 *
 * A command may reach a node twice: SSM delivers late or again, and a SendCommand whose reply was lost is sent once more
 * here. That is harmless by the node protocol: both carry the same plan under the same token, a node carries a plan out
 * once, and a `restart` names the invocation that it stops. Only the reply of the command whose id is known is read.
 * So the client is made without the SDK's own retries (`SSM_SETTINGS`): a second SendCommand is always this file's
 * decision, and told to the journal.
 */
import {
  ListCommandInvocationsCommand,
  SendCommandCommand,
  type CommandInvocation,
  type SendCommandCommandInput,
  type SSMClient,
} from "@aws-sdk/client-ssm";
import { convergeParameters } from "../../lib/core/converge.ts";
import type { NodeId, NodeReport, Plan } from "../../lib/core/model.ts";
import type { Clock, Journal, NodeCommander, SentPlan } from "../../lib/core/ports.ts";
import { parseNodeLine } from "../../lib/core/reports.ts";
import { LIMITS } from "../../lib/core/settings.ts";
import { CLIENT_SETTINGS, withinCallTime } from "./calls.ts";
import { AwsCallError, describeFailure, errorName, failureKind } from "./failures.ts";

export const SSM_SETTINGS = { ...CLIENT_SETTINGS, maxAttempts: 1 } as const;

/** SendCommand takes so many instance ids. */
export const NODES_PER_COMMAND = 50;
/** ListCommandInvocations gives so many at the most. */
const INVOCATIONS_PER_PAGE = 50;

/** A throttled call did nothing; between its attempts, so that they do not add to the rush. */
const ATTEMPTS = 3;
const PAUSE_MILLISECONDS = 250;

/** Refusals that one node of several may have caused: not registered, gone, or without the cluster's tag. */
const PERHAPS_ONE_NODE = new Set(["InvalidInstanceId", "AccessDeniedException"]);

type Request = Omit<SendCommandCommandInput, "InstanceIds">;

export interface CommanderOptions {
  readonly client: SSMClient;
  /** Name of the Command document, by cluster. */
  readonly documents: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly journal: Journal;
}

export class SsmNodeCommander implements NodeCommander {
  readonly #options: CommanderOptions;

  constructor(options: CommanderOptions) {
    this.#options = options;
  }

  /** Never throws for what SSM says: who could not be sent to is in `unsent`, and silent for this tick. */
  async send(cluster: string, owner: string, plan: Plan, nodes: readonly NodeId[]): Promise<SentPlan> {
    const request: Request = {
      DocumentName: this.#documentOf(cluster),
      Parameters: convergeParameters(cluster, owner, plan),
      TimeoutSeconds: LIMITS.deliverySeconds,
    };
    const commands: SentPlan["commands"][number][] = [];
    const unsent = new Map<NodeId, string>();
    await Promise.all(batches(nodes).map((batch) => this.#sendBatch(request, batch, commands, unsent)));
    return { plan, cluster, commands, unsent };
  }

  #documentOf(cluster: string): string {
    const name = this.#options.documents[cluster];
    if (name === undefined) throw new Error(`there is no Command document for the cluster ${cluster}`);
    return name;
  }

  /** One command for all; one for each where a single node may be the reason why SSM refuses all of them. */
  async #sendBatch(
    request: Request,
    nodes: readonly NodeId[],
    commands: SentPlan["commands"][number][],
    unsent: Map<NodeId, string>,
  ): Promise<void> {
    try {
      commands.push({ id: await this.#sendOnce(request, nodes), nodes });
    } catch (error) {
      if (nodes.length > 1 && PERHAPS_ONE_NODE.has(errorName(error))) {
        await Promise.all(nodes.map((node) => this.#sendBatch(request, [node], commands, unsent)));
        return;
      }
      for (const node of nodes) unsent.set(node, describeFailure(error));
    }
  }

  /** Answers the command's id. */
  async #sendOnce(request: Request, nodes: readonly NodeId[]): Promise<string> {
    const { client, clock, journal } = this.#options;
    const command = new SendCommandCommand({ ...request, InstanceIds: [...nodes] });
    const call = withinCallTime();
    for (let attempt = 1; ; attempt += 1) {
      try {
        const reply = await client.send(command, call);
        return reply.Command?.CommandId ?? raise("SSM answered SendCommand without a command id");
      } catch (error) {
        const kind = failureKind(error);
        if (kind === "refused" || attempt === ATTEMPTS || call.abortSignal.aborted) throw error;
        const fields = { document: request.DocumentName, nodes, kind, reason: describeFailure(error) };
        journal.write("warn", "SendCommand is sent again", fields);
        await clock.sleep(PAUSE_MILLISECONDS * attempt);
      }
    }
  }

  /** @throws AwsCallError: the next poll reads all of them again. */
  async collect(sent: SentPlan): Promise<ReadonlyMap<NodeId, NodeReport>> {
    const lists = await Promise.all(sent.commands.map(({ id }) => this.#invocations(id)));
    return reportsFrom(lists.flat(), sent);
  }

  /** Empty right after the send: the list is eventually consistent. */
  async #invocations(commandId: string): Promise<readonly CommandInvocation[]> {
    const invocations: CommandInvocation[] = [];
    let next: string | undefined;
    do {
      const command = new ListCommandInvocationsCommand({
        CommandId: commandId,
        Details: true,
        MaxResults: INVOCATIONS_PER_PAGE,
        ...(next ? { NextToken: next } : {}),
      });
      const page = await this.#options.client.send(command, withinCallTime()).catch((error: unknown) => {
        throw new AwsCallError(`SSM ListCommandInvocations of ${commandId}: ${describeFailure(error)}`, {
          cause: error,
        });
      });
      invocations.push(...(page.CommandInvocations ?? []));
      next = page.NextToken;
    } while (next);
    return invocations;
  }
}

export function batches(nodes: readonly NodeId[]): readonly (readonly NodeId[])[] {
  const count = Math.ceil(nodes.length / NODES_PER_COMMAND);
  return Array.from({ length: count }, (_, n) =>
    nodes.slice(n * NODES_PER_COMMAND, (n + 1) * NODES_PER_COMMAND),
  );
}

/** Of each node that was sent to, the report that it printed for this plan. */
export function reportsFrom(
  invocations: readonly CommandInvocation[],
  sent: SentPlan,
): ReadonlyMap<NodeId, NodeReport> {
  const asked = new Set(sent.commands.flatMap(({ nodes }) => nodes));
  const reports = new Map<NodeId, NodeReport>();
  for (const { InstanceId, Status, CommandPlugins } of invocations) {
    if (InstanceId === undefined || !asked.has(InstanceId) || Status !== "Success") continue;
    for (const { Output } of CommandPlugins ?? []) {
      const report = parseNodeLine(Output ?? "", {
        cluster: sent.cluster,
        node: InstanceId,
        token: sent.plan.token,
      });
      if (report) reports.set(InstanceId, report);
    }
  }
  return reports;
}

function raise(message: string): never {
  throw new Error(message);
}

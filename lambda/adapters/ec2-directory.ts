/** The cluster's instances as EC2 lists them. What EC2 does not find is absent from the answer, never invented. */
import {
  DescribeInstancesCommand,
  StopInstancesCommand,
  type EC2Client,
  type Filter,
  type Instance,
} from "@aws-sdk/client-ec2";
import type { DiscoveredNode, NodeId } from "../../lib/core/model.ts";
import type { NodeDirectory } from "../../lib/core/ports.ts";
import type { NodeSettings } from "../../lib/core/settings.ts";
import { withinCallTime } from "./calls.ts";
import { AwsCallError, describeFailure } from "./failures.ts";

/** EC2 takes so many values in one filter. */
const FILTER_VALUES = 200;

/**
 * Asks by filter, never by `InstanceIds`: there one id that EC2 knows no more makes the whole call an error, and a
 * node that was terminated an hour ago would blind the controller for all others.
 */
export class Ec2NodeDirectory implements NodeDirectory {
  readonly #client: EC2Client;

  constructor(client: EC2Client) {
    this.#client = client;
  }

  /** @throws AwsCallError: then nothing was heard of any node. */
  async discover(nodes: NodeSettings, known: readonly NodeId[]): Promise<readonly DiscoveredNode[]> {
    const found = new Map<NodeId, DiscoveredNode>();
    for (const filter of filtersFor(nodes)) await this.#find(filter, found);
    const missing = known.filter((id) => !found.has(id));
    for (const filter of idFilters(missing)) await this.#find(filter, found);
    return [...found.values()];
  }

  /** By force: the operating system that would have to agree is the one that does not answer. @throws AwsCallError */
  async stop(node: NodeId): Promise<void> {
    try {
      await this.#client.send(
        new StopInstancesCommand({ InstanceIds: [node], Force: true }),
        withinCallTime(),
      );
    } catch (error) {
      throw new AwsCallError(`EC2 StopInstances: ${describeFailure(error)}`, { cause: error });
    }
  }

  async #find(filter: Filter, found: Map<NodeId, DiscoveredNode>): Promise<void> {
    let next: string | undefined;
    do {
      const page = await this.#describe(filter, next);
      for (const instance of page.Reservations?.flatMap((each) => each.Instances ?? []) ?? []) {
        const node = discoveredNode(instance);
        if (node) found.set(node.id, node);
      }
      next = page.NextToken;
    } while (next);
  }

  async #describe(filter: Filter, next: string | undefined) {
    const command = new DescribeInstancesCommand({ Filters: [filter], ...(next ? { NextToken: next } : {}) });
    try {
      return await this.#client.send(command, withinCallTime());
    } catch (error) {
      throw new AwsCallError(`EC2 DescribeInstances: ${describeFailure(error)}`, { cause: error });
    }
  }
}

/** By tag or by list, as the settings say. */
export function filtersFor({ tag, instanceIds }: NodeSettings): readonly Filter[] {
  return tag ? [{ Name: `tag:${tag.key}`, Values: [tag.value] }] : idFilters(instanceIds ?? []);
}

export function idFilters(ids: readonly NodeId[]): readonly Filter[] {
  const count = Math.ceil(ids.length / FILTER_VALUES);
  return Array.from({ length: count }, (_, n) => ({
    Name: "instance-id",
    Values: ids.slice(n * FILTER_VALUES, (n + 1) * FILTER_VALUES),
  }));
}

/** Undefined for an instance without an id, which EC2 does not send. A state that is not said is `unknown`. */
export function discoveredNode({
  InstanceId,
  State,
  HibernationOptions,
  Tags,
}: Instance): DiscoveredNode | undefined {
  if (!InstanceId) return undefined;
  const name = Tags?.find(({ Key }) => Key === "Name")?.Value;
  return {
    id: InstanceId,
    instance: State?.Name ?? "unknown",
    hibernates: HibernationOptions?.Configured ?? false,
    ...(name ? { name } : {}),
  };
}

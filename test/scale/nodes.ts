/** EC2 and Run Command for many clusters of one node each, the node being the protocol's model in real time. */
import { randomUUID } from "node:crypto";
import { AwsError, NotImplemented } from "../../lib/sandbox/gateway/aws-error.ts";
import { awsJson, ec2Query } from "../../lib/sandbox/gateway/protocols.ts";
import type { Call, Service } from "../../lib/sandbox/gateway/service.ts";
import { lineOf, type Parameters, planOf } from "../contention/run-command.ts";
import { accept, beginStart, lastCheck, newNode, type NodeModel, report } from "../simulation/node.ts";

/** From the send until the result is listed, as the sandbox has it for its nodes. */
const ANSWER_MILLISECONDS = 600;
/** What EC2 gives an account (docs/deploy.md): so many DescribeInstances at once, and so many a second more. */
const EC2_AT_ONCE = 100;
const EC2_A_SECOND = 20;

export class Nodes {
  readonly services: readonly Service[];
  /** So much later the node of that cluster answers, in milliseconds. */
  readonly late = new Map<string, number>();
  /** DescribeInstances that EC2 would have refused. */
  throttled = 0;
  /** For how long a command's answer was waited for at the longest, by cluster, in milliseconds. */
  readonly waited = new Map<string, number>();
  readonly #nodes: ReadonlyMap<string, NodeModel>;
  readonly #grantSeconds: number;
  readonly #sent = new Map<string, { readonly cluster: string; readonly at: number }>();
  readonly #lines = new Map<string, readonly [node: string, line: string]>();
  #left = EC2_AT_ONCE;
  #at = Date.now();

  /** A node for each cluster, with the cluster's name as the value of its tag. */
  constructor(clusters: readonly string[], grantSeconds: number) {
    this.#grantSeconds = grantSeconds;
    this.#nodes = new Map(
      clusters.map((cluster, n) => [
        cluster,
        newNode(`i-0${n.toString(16).padStart(16, "0")}`, "guarded", 0),
      ]),
    );
    this.services = [
      {
        name: "ec2",
        protocol: ec2Query("http://ec2.amazonaws.com/doc/2016-11-15/"),
        operations: { DescribeInstances: (call) => this.#describe(call) },
      },
      {
        name: "ssm",
        protocol: awsJson("1.1"),
        operations: {
          SendCommand: ({ params }) => this.#send(params),
          ListCommandInvocations: ({ params }) => this.#list(params),
        },
      },
    ];
  }

  /** How many clusters have their scheduler. */
  get running(): number {
    return [...this.#nodes.values()].filter(({ scheduler }) => scheduler).length;
  }

  #describe({ params }: Call): object {
    const now = Date.now();
    this.#left = Math.min(EC2_AT_ONCE, this.#left + ((now - this.#at) / 1000) * EC2_A_SECOND);
    this.#at = now;
    if (this.#left < 1) {
      this.throttled += 1;
      throw new AwsError("RequestLimitExceeded", "Request limit exceeded.", { status: 503 });
    }
    this.#left -= 1;
    const [{ Name = "", Value: [cluster = ""] = [] } = {}] = params["Filter"] as readonly Filter[];
    const node = this.#nodes.get(cluster);
    if (!Name.startsWith("tag:")) throw new NotImplemented(`ec2:DescribeInstances with the filter ${Name}`);
    const instance = node && {
      instanceId: node.id,
      instanceState: { code: 16, name: "running" },
      hibernationOptions: { configured: false },
    };
    return { reservationSet: instance ? [{ reservationId: "r-1", instancesSet: [instance] }] : [] };
  }

  #send(params: Readonly<Record<string, unknown>>): object {
    const parameters = params["Parameters"] as Parameters;
    const [cluster = ""] = parameters["Cluster"] ?? [];
    const node = this.#nodes.get(cluster);
    if (node === undefined) throw new AwsError("InvalidInstanceId", `there is no node of ${cluster}`);
    const id = randomUUID();
    this.#sent.set(id, { cluster, at: Date.now() });
    const line = this.#converge(cluster, node, parameters);
    const milliseconds = ANSWER_MILLISECONDS + (this.late.get(cluster) ?? 0);
    setTimeout(() => this.#lines.set(id, [node.id, line]), milliseconds).unref();
    return { Command: { CommandId: id, Status: "Pending" } };
  }

  /** All that the script does, at once. */
  #converge(cluster: string, node: NodeModel, parameters: Parameters): string {
    const timers = { grantSeconds: this.#grantSeconds, killGraceSeconds: 30, skewSeconds: 5 };
    const plan = planOf(parameters);
    const now = Date.now();
    const accepted = accept(node, plan, now, timers);
    const mayStart = accepted.refusal === undefined && accepted.mode === "run";
    if (mayStart && beginStart(node, plan, now, timers)) lastCheck(node, node.operation.nonce, now, 0);
    if (accepted.mode === "stop") node.operation.open = false;
    return lineOf(cluster, node.id, report(node, plan, accepted, now, 0));
  }

  #list(params: Readonly<Record<string, unknown>>): object {
    const id = String(params["CommandId"]);
    const sent = this.#sent.get(id);
    if (sent) {
      const longest = this.waited.get(sent.cluster) ?? 0;
      this.waited.set(sent.cluster, Math.max(longest, Date.now() - sent.at));
    }
    const found = this.#lines.get(id);
    if (!found) return { CommandInvocations: [] };
    const [InstanceId, Output] = found;
    const plugin = { Name: "converge", Status: "Success", ResponseCode: 0, Output };
    return {
      CommandInvocations: [{ CommandId: id, InstanceId, Status: "Success", CommandPlugins: [plugin] }],
    };
  }
}

interface Filter {
  readonly Name?: string;
  readonly Value?: readonly string[];
}

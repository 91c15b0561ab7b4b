/** Systems Manager's list of managed instances: it lags behind the truth by minutes, as the real one. */
import { z } from "zod";
import { NotImplemented } from "../gateway/aws-error.ts";
import type { Call } from "../gateway/service.ts";
import type { Fleet } from "../nodes/fleet.ts";
import type { LocalNode } from "../nodes/node.ts";
import { validated } from "./validated.ts";

const DescribeInput = z.looseObject({
  Filters: z.array(z.object({ Key: z.string(), Values: z.array(z.string()) })).optional(),
  MaxResults: z.int().min(5).max(50).optional(),
});

export function describeInstanceInformation(fleet: Fleet, call: Call): object {
  const { Filters: filters = [] } = validated(DescribeInput, call.params);
  if (call.params["InstanceInformationFilterList"] !== undefined) {
    throw new NotImplemented("ssm:DescribeInstanceInformation with InstanceInformationFilterList");
  }
  const now = Date.now();
  const nodes = fleet.nodes.filter((node) => node.lastPing > 0 && node.state !== "terminated");
  return {
    InstanceInformationList: nodes
      .map((node) => ({ node, ping: pingOf(node, now) }))
      .filter(({ node, ping }) =>
        filters.every(({ Key: key, Values: values }) => values.includes(filterValue(node, ping.status, key))),
      )
      .map(({ node, ping }) => ({
        InstanceId: node.id,
        PingStatus: ping.status,
        LastPingDateTime: ping.at / 1000,
        AgentVersion: AGENT_VERSION,
        IsLatestVersion: true,
        PlatformType: "Linux",
        PlatformName: "Debian GNU/Linux",
        PlatformVersion: "12",
        ResourceType: "EC2Instance",
        IPAddress: node.privateIp,
        ComputerName: node.name,
      })),
  };
}

const AGENT_VERSION = "3.3.3572.0";
/** Agents ping every five minutes: for so long a dead one looks alive. */
const PING_MILLISECONDS = 300_000;

function pingOf(node: LocalNode, now: number): { status: string; at: number } {
  if (node.reachable) return { status: "Online", at: now };
  return { status: now - node.lastPing > PING_MILLISECONDS ? "ConnectionLost" : "Online", at: node.lastPing };
}

function filterValue(node: LocalNode, ping: string, key: string): string {
  if (key === "InstanceIds") return node.id;
  if (key === "PingStatus") return ping;
  if (key.startsWith("tag:")) return node.tags[key.slice("tag:".length)] ?? "";
  throw new NotImplemented(`ssm:DescribeInstanceInformation with the filter ${key}`);
}

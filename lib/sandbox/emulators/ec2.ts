/** EC2: the instances' states, and starting and stopping them. */
import { AwsError, NotImplemented } from "../gateway/aws-error.ts";
import { ec2Query } from "../gateway/protocols.ts";
import { type XmlValue } from "../gateway/xml.ts";
import { isRecord, textOf } from "../values.ts";
import type { Call, Service } from "../gateway/service.ts";
import type { Fleet } from "../nodes/fleet.ts";
import { STATE_CODES, type InstanceState, type LocalNode } from "../nodes/node.ts";
import type { Place } from "../template/place.ts";

export function ec2Service(fleet: Fleet, place: Place): Service {
  return {
    name: "ec2",
    protocol: ec2Query("http://ec2.amazonaws.com/doc/2016-11-15/"),
    operations: {
      DescribeInstances: (call) => describeInstances(fleet, place, call),
      StopInstances: (call) =>
        changeState(fleet, call, (node) => fleet.stop(node, call.params["Force"] === "true")),
      StartInstances: (call) => changeState(fleet, call, (node) => fleet.start(node)),
    },
  };
}

function describeInstances(fleet: Fleet, place: Place, call: Call): XmlValue {
  const ids = texts(call.params["InstanceId"]);
  const asked = ids.length === 0 ? fleet.nodes : ids.map((id) => known(fleet, id));
  const filters = records(call.params["Filter"]).map((filter) => ({
    name: textOf(filter["Name"]),
    values: texts(filter["Value"]),
  }));
  const found = asked.filter((node) => filters.every((filter) => matches(node, filter.name, filter.values)));
  return {
    reservationSet: found.map((node) => ({
      reservationId: `r-${node.id.slice(2)}`,
      ownerId: place.account,
      instancesSet: [describe(node, place)],
    })),
  };
}

function matches(node: LocalNode, name: string, values: readonly string[]): boolean {
  const value = filterValue(node, name);
  return values.some((wanted) => wildcard(wanted).test(value));
}

function filterValue(node: LocalNode, name: string): string {
  if (name.startsWith("tag:")) return node.tags[name.slice("tag:".length)] ?? "";
  if (name === "instance-id") return node.id;
  if (name === "instance-state-name") return node.state;
  if (name === "private-ip-address") return node.privateIp;
  throw new NotImplemented(`ec2:DescribeInstances with the filter ${name}`, [
    "tag:KEY",
    "instance-id",
    "instance-state-name",
    "private-ip-address",
  ]);
}

/** EC2's filters take `*` and `?`. */
function wildcard(pattern: string): RegExp {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/gu, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "u");
}

function describe(node: LocalNode, place: Place): XmlValue {
  return {
    instanceId: node.id,
    imageId: "ami-0123456789abcdef0",
    instanceState: stateOf(node.state),
    privateDnsName: `ip-${node.privateIp.replaceAll(".", "-")}.ec2.internal`,
    privateIpAddress: node.privateIp,
    reason: node.state === "stopped" ? "Server.InternalError" : "",
    instanceType: "t4g.small",
    launchTime: new Date(node.launchedAt),
    placement: { availabilityZone: `${place.region}a`, tenancy: "default" },
    hibernationOptions: { configured: false },
    tagSet: Object.entries(node.tags).map(([key, value]) => ({ key, value })),
  };
}

function changeState(fleet: Fleet, call: Call, change: (node: LocalNode) => void): XmlValue {
  const ids = texts(call.params["InstanceId"]);
  if (ids.length === 0) {
    throw new AwsError("MissingParameter", "The request must contain the parameter InstanceId");
  }
  const nodes = ids.map((id) => known(fleet, id));
  if (call.params["DryRun"] === "true") {
    throw new AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", {
      status: 412,
    });
  }
  const before = nodes.map((node) => node.state);
  for (const node of nodes) change(node);
  return {
    instancesSet: nodes.map((node, index) => ({
      instanceId: node.id,
      currentState: stateOf(node.state),
      previousState: stateOf(before[index] ?? node.state),
    })),
  };
}

function known(fleet: Fleet, id: string): LocalNode {
  if (!/^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/u.test(id)) {
    throw new AwsError("InvalidInstanceID.Malformed", `Invalid id: "${id}"`);
  }
  const node = fleet.byId(id);
  if (node === undefined) {
    throw new AwsError("InvalidInstanceID.NotFound", `The instance ID '${id}' does not exist`);
  }
  return node;
}

function stateOf(state: InstanceState): XmlValue {
  return { code: STATE_CODES[state], name: state };
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

import { EC2Client } from "@aws-sdk/client-ec2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CLIENT_SETTINGS } from "../../../lambda/adapters/calls.ts";
import { discoveredNode, Ec2NodeDirectory, filtersFor } from "../../../lambda/adapters/ec2-directory.ts";
import { AwsCallError } from "../../../lambda/adapters/failures.ts";
import { AwsError } from "../../../lib/sandbox/gateway/aws-error.ts";
import { ec2Query } from "../../../lib/sandbox/gateway/protocols.ts";
import type { Call } from "../../../lib/sandbox/gateway/service.ts";
import { startAws, type FakeAws } from "../support/aws.ts";
import { NODE_A, NODE_B } from "../support/records.ts";

const BY_TAG = { tag: { key: "scheduler", value: "etl" }, prefer: [], exclude: [] };

let aws: FakeAws;
let client: EC2Client;
/** What EC2 lists for a filter's name, page by page. */
let pages: Record<string, readonly (readonly string[])[]>;

beforeEach(async () => {
  pages = {};
  const DescribeInstances = ({ params }: Call) => {
    const filters = params["Filter"] as { Name: string }[];
    const list = pages[filters[0]?.Name ?? ""] ?? [[]];
    const page = Number(params["NextToken"] ?? 0);
    return {
      reservationSet: (list[page] ?? []).map((instanceId) => ({
        instancesSet: [{ instanceId, instanceState: { name: "running" } }],
      })),
      ...(page + 1 < list.length ? { nextToken: String(page + 1) } : {}),
    };
  };
  const protocol = ec2Query("http://ec2.amazonaws.com/doc/2016-11-15/");
  aws = await startAws({ name: "ec2", protocol, operations: { DescribeInstances } });
  client = new EC2Client({ ...CLIENT_SETTINGS, ...aws.client });
});

afterEach(async () => {
  client.destroy();
  await aws.close();
});

const discover = async (known: readonly string[] = []) =>
  (await new Ec2NodeDirectory(client).discover(BY_TAG, known)).map(({ id }) => id);

describe("discover", () => {
  it("finds the nodes by the cluster's tag, on all pages", async () => {
    pages["tag:scheduler"] = [[NODE_A], [NODE_B]];
    expect(await discover()).toEqual([NODE_A, NODE_B]);
    expect(aws.calls).toHaveLength(2);
  });

  it("asks for known nodes that the tag finds no more, and for no others", async () => {
    pages["tag:scheduler"] = [[NODE_A]];
    pages["instance-id"] = [[NODE_B]];
    expect(await discover([NODE_A, NODE_B])).toEqual([NODE_A, NODE_B]);
    expect(aws.calls[1]?.params).toMatchObject({ Filter: [{ Name: "instance-id", Value: [NODE_B] }] });
  });

  it("makes one call only where the tag finds all that is known", async () => {
    pages["tag:scheduler"] = [[NODE_A]];
    await discover([NODE_A]);
    expect(aws.calls).toHaveLength(1);
  });

  it("answers without a node that EC2 does not find", async () => {
    expect(await discover([NODE_B])).toEqual([]);
  });
});

describe("a call that fails", () => {
  it("is an error, and not a cluster without nodes", async () => {
    const failing = await startAws({
      name: "ec2",
      protocol: ec2Query("http://ec2.amazonaws.com/doc/2016-11-15/"),
      operations: {
        DescribeInstances: () => {
          throw new AwsError("UnauthorizedOperation", "not allowed", { status: 403 });
        },
      },
    });
    const unheard = new EC2Client({ ...CLIENT_SETTINGS, ...failing.client });
    try {
      const discovering = new Ec2NodeDirectory(unheard).discover(BY_TAG, []);
      await expect(discovering).rejects.toThrow(AwsCallError);
      await expect(discovering).rejects.toThrow("EC2 DescribeInstances: UnauthorizedOperation: not allowed");
    } finally {
      unheard.destroy();
      await failing.close();
    }
  });
});

describe("filtersFor", () => {
  it("splits a list of more ids than a filter takes", () => {
    const instanceIds = Array.from({ length: 201 }, (_, n) => `i-${n}`);
    const filters = filtersFor({ instanceIds, prefer: [], exclude: [] });
    expect(filters.map(({ Values }) => Values?.length)).toEqual([200, 1]);
    expect(filters.flatMap(({ Values }) => Values)).toEqual(instanceIds);
  });
});

describe("discoveredNode", () => {
  it.each([
    [
      { InstanceId: NODE_A, State: { Name: "stopped" as const }, HibernationOptions: { Configured: true } },
      { id: NODE_A, instance: "stopped", hibernates: true },
    ],
    [
      {
        InstanceId: NODE_A,
        State: { Name: "running" as const },
        Tags: [{ Key: "Name", Value: "scheduler-1" }],
      },
      { id: NODE_A, instance: "running", hibernates: false, name: "scheduler-1" },
    ],
    [{ InstanceId: NODE_A }, { id: NODE_A, instance: "unknown", hibernates: false }],
    [{}, undefined],
  ])("reads %j", (instance, node) => {
    expect(discoveredNode(instance)).toEqual(node);
  });
});

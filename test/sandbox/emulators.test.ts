import {
  ConditionalCheckFailedException,
  DescribeTableCommand,
  DynamoDBClient,
  PutItemCommand,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import {
  DescribeInstancesCommand,
  DescribeVpcsCommand,
  EC2Client,
  StartInstancesCommand,
  StopInstancesCommand,
} from "@aws-sdk/client-ec2";
import {
  GetIdentityVerificationAttributesCommand,
  GetSendQuotaCommand,
  ListIdentitiesCommand,
  SendEmailCommand,
  SESClient,
} from "@aws-sdk/client-ses";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, openTestCloud, type TestCloud } from "./support/test-cloud.ts";

const TABLE = {
  name: "records",
  arn: "arn:aws:dynamodb:us-east-1:000000000000:table/records",
  keySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
  attributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
};
const RULE = {
  name: "instances",
  enabled: true,
  pattern: { source: ["aws.ec2"], detail: { state: ["stopped"] } },
  targets: [],
};

let test: TestCloud;
beforeAll(async () => {
  test = await openTestCloud(() => ({
    tables: [TABLE],
    rules: [RULE],
    identities: ["controller@sandbox.test"],
  }));
});
afterAll(async () => await test.close());

describe("DynamoDB", () => {
  it("has the template's table under its ARN, and conditions hold", async () => {
    const client = new DynamoDBClient(test.clientOptions);
    const described = await client.send(new DescribeTableCommand({ TableName: TABLE.name }));
    expect(described.Table?.TableArn).toBe(TABLE.arn);
    const put = new PutItemCommand({
      TableName: TABLE.name,
      Item: { pk: { S: "a" } },
      ConditionExpression: "attribute_not_exists(pk)",
    });
    await client.send(put);
    await expect(client.send(put)).rejects.toThrow(ConditionalCheckFailedException);
  });

  it("refuses by name what it does not implement", async () => {
    const client = new DynamoDBClient(test.clientOptions);
    const command = new UpdateTimeToLiveCommand({
      TableName: TABLE.name,
      TimeToLiveSpecification: { AttributeName: "ttl", Enabled: true },
    });
    await expect(client.send(command)).rejects.toThrow("does not implement dynamodb:UpdateTimeToLive");
  });

  it.each([
    ["error", "InternalServerError"],
    ["drop", "TimeoutError"],
  ])("is down by %s on demand", async (mode, name) => {
    const client = new DynamoDBClient(test.clientOptions);
    await test.cloud.faults.set("dynamodb-down", { mode });
    const failed = client.send(new DescribeTableCommand({ TableName: TABLE.name }));
    await expect(failed).rejects.toMatchObject({ name });
    await test.cloud.faults.set("clear");
    await client.send(new DescribeTableCommand({ TableName: TABLE.name }));
  });
});

describe("SES", () => {
  const letter = (source: string, to: string) =>
    new SendEmailCommand({
      Source: source,
      Destination: { ToAddresses: [to] },
      Message: { Subject: { Data: "news <&>" }, Body: { Text: { Data: "line 1\nline 2" } } },
    });

  it("puts mail into the mailbox as it was sent", async () => {
    const client = new SESClient(test.clientOptions);
    const sent = await client.send(letter("Controller <controller@sandbox.test>", "op@sandbox.test"));
    expect(test.cloud.mailbox.letters.at(-1)).toMatchObject({
      id: sent.MessageId,
      to: ["op@sandbox.test"],
      subject: "news <&>",
      text: "line 1\nline 2",
    });
  });

  it("says who may send, and how many mails a day", async () => {
    const client = new SESClient(test.clientOptions);
    const Identities = ["Controller@sandbox.test", "sandbox.test", "other@sandbox.test"];
    const asked = await client.send(new GetIdentityVerificationAttributesCommand({ Identities }));
    expect(asked.VerificationAttributes).toEqual({
      "Controller@sandbox.test": { VerificationStatus: "Success" },
    });
    const { letters } = test.cloud.mailbox;
    expect(await client.send(new GetSendQuotaCommand({}))).toMatchObject({
      Max24HourSend: 50_000,
      SentLast24Hours: letters.length,
    });
  });

  it("refuses a sender that is not verified, and other operations by name", async () => {
    const client = new SESClient(test.clientOptions);
    await expect(client.send(letter("other@sandbox.test", "op@sandbox.test"))).rejects.toMatchObject({
      name: "MessageRejected",
    });
    await expect(client.send(new ListIdentitiesCommand({}))).rejects.toThrow("ses:ListIdentities");
  });
});

describe("EC2", () => {
  const describeAll = async (client: EC2Client, input: object = {}) => {
    const { Reservations: reservations = [] } = await client.send(new DescribeInstancesCommand(input));
    return reservations.flatMap(({ Instances: instances = [] }) => instances);
  };

  it("finds instances by tag, id and state", async () => {
    const client = new EC2Client(test.clientOptions);
    const tagged = await describeAll(client, { Filters: [{ Name: "tag:role", Values: ["sched*"] }] });
    expect(tagged.map(({ InstanceId, State }) => [InstanceId, State?.Name])).toEqual(
      test.nodes.map(({ id }) => [id, "running"]),
    );
    expect(await describeAll(client, { InstanceIds: [test.nodes[1].id] })).toHaveLength(1);
    expect(
      await describeAll(client, { Filters: [{ Name: "instance-state-name", Values: ["stopped"] }] }),
    ).toEqual([]);
  });

  it.each([
    ["i-0000000000000dead", "InvalidInstanceID.NotFound"],
    ["nonsense", "InvalidInstanceID.Malformed"],
  ])("does not know %s", async (id, name) => {
    const client = new EC2Client(test.clientOptions);
    await expect(describeAll(client, { InstanceIds: [id] })).rejects.toMatchObject({ name });
  });

  it("stops and starts one, and says so", async () => {
    const client = new EC2Client(test.clientOptions);
    const [, node] = test.nodes;
    const stopped = await client.send(new StopInstancesCommand({ InstanceIds: [node.id], Force: true }));
    expect(stopped.StoppingInstances?.[0]).toMatchObject({
      PreviousState: { Name: "running" },
      CurrentState: { Name: "stopping" },
    });
    await eventually(() => (node.state === "stopped" ? true : undefined));
    await client.send(new StartInstancesCommand({ InstanceIds: [node.id] }));
    await eventually(() => (node.reachable ? true : undefined));
  });

  it("refuses other operations and filters by name", async () => {
    const client = new EC2Client(test.clientOptions);
    await expect(client.send(new DescribeVpcsCommand({}))).rejects.toThrow("ec2:DescribeVpcs");
    await expect(describeAll(client, { Filters: [{ Name: "vpc-id", Values: ["x"] }] })).rejects.toThrow(
      "the filter vpc-id",
    );
  });
});

describe("the gateway", () => {
  it("listens on loopback alone, and takes the next port where one is taken", async () => {
    const { Gateway } = await import("../../lib/sandbox/gateway/gateway.ts");
    const other = new Gateway({ record: () => undefined });
    const taken = Number(new URL(test.endpoint).port);
    await other.listen(taken);
    expect(other.port).toBeGreaterThan(taken);
    expect(other.endpoint).toBe(`http://127.0.0.1:${other.port}`);
    await other.close();
  });

  it("refuses a service that it does not have by name", async () => {
    const response = await fetch(test.endpoint, {
      method: "POST",
      headers: {
        authorization: "AWS4-HMAC-SHA256 Credential=K/20260101/us-east-1/sqs/aws4_request, SignedHeaders=a",
        "x-amz-target": "AmazonSQS.SendMessage",
      },
      body: "{}",
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('the service \\"sqs\\" (operation SendMessage)');
  });
});

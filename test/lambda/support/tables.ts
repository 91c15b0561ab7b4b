/** Real DynamoDB calls over loopback: an embedded table, and a wire in front of it that loses replies. */
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CLIENT_SETTINGS } from "../../../lambda/adapters/calls.ts";

type Dynalite = (options: { readonly createTableMs: number }) => Server;

export interface Endpoint {
  readonly url: string;
  close(): Promise<void>;
}

export async function startDynamo(): Promise<Endpoint> {
  const dynalite = createRequire(import.meta.url)("dynalite") as Dynalite;
  return listen(dynalite({ createTableMs: 0 }));
}

/** `pass`; `drop`: apply, then cut the connection; `hang`: apply, never answer; `fail`: apply, answer 500. */
export type Fate = "pass" | "drop" | "hang" | "fail";

export interface Wire extends Endpoint {
  /** Decides on each call before it is applied, by DynamoDB's name of it. */
  fate: (operation: string) => Fate | Promise<Fate>;
}

/** Every call reaches the table and is applied; what becomes of its reply is the test's choice. */
export async function startWire(target: string): Promise<Wire> {
  const server = createServer((incoming, outgoing) => void relay(incoming, outgoing));
  const endpoint = await listen(server);
  const wire: Wire = { ...endpoint, fate: () => "pass" };
  return wire;

  async function relay(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const operation = String(incoming.headers["x-amz-target"]).split(".").at(-1) ?? "";
    const fate = await wire.fate(operation);
    const { status, body } = await forward(target, incoming);
    if (fate === "pass")
      outgoing.writeHead(status, { "content-type": "application/x-amz-json-1.0" }).end(body);
    if (fate === "drop") incoming.socket.destroy();
    if (fate === "fail") outgoing.writeHead(500).end("{}");
  }
}

async function forward(target: string, incoming: IncomingMessage): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const onwards = request(target, { method: "POST", headers: incoming.headers }, (reply) => {
      const chunks: Buffer[] = [];
      reply.on("data", (chunk: Buffer) => chunks.push(chunk));
      reply.on("end", () => resolve({ status: reply.statusCode ?? 500, body: Buffer.concat(chunks) }));
    });
    onwards.on("error", reject);
    incoming.pipe(onwards);
  });
}

async function listen(server: Server): Promise<Endpoint> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The client that is deployed, with an endpoint and keys for loopback. */
export function clientFor(url: string): DynamoDBClient {
  return new DynamoDBClient({
    ...CLIENT_SETTINGS,
    endpoint: url,
    region: "eu-west-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
}

let tables = 0;

/** A new table with the deployed key. Answers its name. */
export async function makeTable(client: DynamoDBClient): Promise<string> {
  tables += 1;
  const TableName = `table-${tables}`;
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
      AttributeDefinitions: [
        { AttributeName: "pk", AttributeType: "S" },
        { AttributeName: "sk", AttributeType: "S" },
      ],
    }),
  );
  const isActive = async (): Promise<boolean> => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    return Table?.TableStatus === "ACTIVE";
  };
  while (!(await isActive())) await new Promise((resolve) => setImmediate(resolve));
  return TableName;
}

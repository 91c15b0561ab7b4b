/** DynamoDB: dynalite, embedded and in memory. It never listens itself, so that every call passes the gateway. */
import { createRequire } from "node:module";
import { Readable } from "node:stream";
import type { Server } from "node:http";
import { AwsError, NotImplemented } from "../gateway/aws-error.ts";
import { awsJson } from "../gateway/protocols.ts";
import { isRecord, textOf } from "../values.ts";
import type { Call, RawReply, RawRequest, Service } from "../gateway/service.ts";
import type { Place } from "../template/place.ts";
import type { TableModel } from "../template/deployment.ts";

type Dynalite = (options: { readonly createTableMs: number }) => Server;

export class DynamoDb {
  readonly service: Service;
  readonly #server: Server;

  constructor(place: Place) {
    this.#server = createDynalite(place);
    const json = awsJson("1.0");
    this.service = {
      name: "dynamodb",
      protocol: { ...json, reply: (_operation, output) => output as RawReply },
      operations: { "*": (call) => this.#forward(call) },
    };
  }

  /** Creates a table as the template has it. Its time to live and backups are not imitated: nothing relies on them. */
  async create(table: TableModel): Promise<void> {
    const body = Buffer.from(
      JSON.stringify({
        TableName: table.name,
        KeySchema: table.keySchema,
        AttributeDefinitions: table.attributeDefinitions,
        BillingMode: "PAY_PER_REQUEST",
      }),
    );
    const request = requestFor("CreateTable", body);
    const reply = await emulate(this.#server, request);
    if (reply.status !== 200)
      throw new Error(`could not create the table ${table.name}: ${String(reply.body)}`);
  }

  async #forward(call: Call): Promise<RawReply> {
    const reply = await emulate(this.#server, call.request);
    if (reply.status === 200) return reply;
    const error = parseError(String(reply.body));
    if (error.code.endsWith("UnknownOperationException"))
      throw new NotImplemented(`dynamodb:${call.operation}`);
    throw new AwsError(error.code, error.message, { status: reply.status, members: error.members });
  }
}

/** dynalite takes account and region of its ARNs from the environment, once, when it is made. */
function createDynalite(place: Place): Server {
  const dynalite = createRequire(import.meta.url)("dynalite") as Dynalite;
  const before = { AWS_ACCOUNT_ID: process.env["AWS_ACCOUNT_ID"], AWS_REGION: process.env["AWS_REGION"] };
  process.env["AWS_ACCOUNT_ID"] = place.account;
  process.env["AWS_REGION"] = place.region;
  try {
    return dynalite({ createTableMs: 0 });
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

function requestFor(operation: string, body: Buffer): RawRequest {
  return {
    method: "POST",
    path: "/",
    query: new URLSearchParams(),
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": `DynamoDB_20120810.${operation}`,
      "x-amz-date": "20000101T000000Z",
      authorization:
        "AWS4-HMAC-SHA256 Credential=SANDBOX/20000101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
    },
    body,
  };
}

/** Hands a request to a server that does not listen, and gathers what it answers. */
function emulate(server: Server, request: RawRequest): Promise<RawReply> {
  return new Promise((resolve) => {
    const incoming = Object.assign(Readable.from([request.body]), {
      method: request.method,
      url: request.path,
      headers: request.headers,
    });
    const headers: Record<string, string> = {};
    const outgoing = {
      statusCode: 200,
      contentType: "",
      setHeader: (name: string, value: unknown) => {
        headers[name.toLowerCase()] = String(value);
      },
      removeHeader: (name: string) => {
        delete headers[name.toLowerCase()];
      },
      end: (body?: string | Buffer) => {
        resolve({ status: outgoing.statusCode, headers, body: body ?? "" });
      },
    };
    server.emit("request", incoming, outgoing);
  });
}

function parseError(body: string): { code: string; message: string; members: Record<string, unknown> } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return { code: "UnknownOperationException", message: body, members: {} };
  }
  if (!isRecord(parsed)) return { code: "InternalServerError", message: body, members: {} };
  const { __type, message, Message, ...members } = parsed;
  return { code: textOf(__type), message: textOf(message ?? Message ?? ""), members };
}

/**
 * One loopback HTTP server for every emulated AWS service. Requests are told apart as AWS's own front ends could: by
 * the service name in the credential scope of their signature. Signatures are not verified; the access key only says
 * who calls.
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { AwsError, NotImplemented } from "./aws-error.ts";
import { awsJson, awsQuery, restXml } from "./protocols.ts";
import type { CallRecord } from "./call-log.ts";
import type { Call, Protocol, RawReply, RawRequest, Service } from "./service.ts";

/** What a fault does to a call: `drop` closes the connection without an answer. */
export interface Interception {
  /** Before the operation runs. Throwing an AwsError answers it. */
  before?(call: Call): Promise<"drop" | undefined> | "drop" | undefined;
  /** After the operation ran, before its answer is sent. */
  after?(call: Call): Promise<"drop" | undefined> | "drop" | undefined;
}

/** Serves what is no AWS request, such as the sandbox's own routes; false: not its path. */
export type OtherRoutes = (request: RawRequest, response: ServerResponse) => Promise<boolean>;

/** A request as it came in and the answer as it went out. */
export interface Exchange {
  readonly call: CallRecord;
  readonly request: RawRequest;
  readonly reply: RawReply;
}

export interface GatewayOptions {
  /** Gets every call that was answered or dropped. */
  readonly record: (call: CallRecord) => void;
  /** Gets every call that was answered, to the letter. */
  readonly exchanged?: ((exchange: Exchange) => void) | undefined;
  readonly otherRoutes?: OtherRoutes;
}

/** An idle connection lives as long as with AWS's own front ends: longer than a beat, so a thawed function reuses it. */
const KEEP_ALIVE_MILLISECONDS = 65_000;
const HIGHEST_PORT_TRIED = 200;

export class Gateway {
  readonly #services = new Map<string, Service>();
  readonly #server: Server;
  readonly #options: GatewayOptions;
  #port = 0;
  #interception: Interception = {};
  #callerOf: (accessKey: string) => string = () => "operator";

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      void this.#serve(request, response);
    });
    this.#server.keepAliveTimeout = KEEP_ALIVE_MILLISECONDS;
  }

  add(...services: readonly Service[]): void {
    for (const service of services) this.#services.set(service.name, service);
  }

  /** From now on every call passes the interception, and its caller is told by its access key so. */
  intercept(interception: Interception, callerOf: (accessKey: string) => string): void {
    this.#interception = interception;
    this.#callerOf = callerOf;
  }

  get port(): number {
    return this.#port;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Listens on the wanted port or, where it is taken, the next free one. 0: any. */
  async listen(wanted: number): Promise<void> {
    for (let port = wanted; port <= wanted + HIGHEST_PORT_TRIED; port++) {
      if (await this.#tryListen(port)) return;
    }
    throw new Error(`no free port between ${wanted} and ${wanted + HIGHEST_PORT_TRIED} on 127.0.0.1`);
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    this.#server.closeAllConnections();
    await closed;
  }

  #tryListen(port: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const refused = (error: NodeJS.ErrnoException): void => {
        if (error.code === "EADDRINUSE") resolve(false);
        else reject(error);
      };
      this.#server.once("error", refused);
      this.#server.listen(port, "127.0.0.1", () => {
        this.#server.off("error", refused);
        const address = this.#server.address();
        this.#port = typeof address === "object" && address !== null ? address.port : port;
        resolve(true);
      });
    });
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const request = await readRequest(incoming);
      if ((await this.#options.otherRoutes?.(request, response)) === true) return;
      const reply = await this.#answer(request);
      if (reply === "drop") {
        response.destroy();
        return;
      }
      response.writeHead(reply.status, reply.headers);
      response.end(reply.body);
    } catch {
      // The caller hung up in the middle of its request: nobody is left to tell.
      response.destroy();
    }
  }

  async #answer(request: RawRequest): Promise<RawReply | "drop"> {
    const requestId = randomUUID();
    const scope = readScope(request);
    const service = this.#services.get(scope.service);
    const protocol = service?.protocol ?? guessProtocol(request, scope.service);
    const started = Date.now();
    let call: Call | undefined;
    let reply: RawReply | "drop";
    let failure: AwsError | undefined;
    try {
      call = {
        ...scope,
        ...protocol.parse(request),
        caller: this.#callerOf(scope.accessKey),
        request,
      };
      reply = await this.#run(service, call, requestId);
    } catch (thrown) {
      failure = asAwsError(thrown);
      reply = protocol.error(failure, requestId);
    }
    const record: CallRecord = {
      at: started,
      caller: call?.caller ?? this.#callerOf(scope.accessKey),
      service: scope.service,
      operation: call?.operation ?? "(unreadable)",
      params: call?.params ?? {},
      status: reply === "drop" ? 0 : reply.status,
      ...(failure === undefined ? {} : { error: failure.code }),
      milliseconds: Date.now() - started,
    };
    this.#options.record(record);
    if (reply !== "drop") this.#options.exchanged?.({ call: record, request, reply });
    return reply;
  }

  async #run(service: Service | undefined, call: Call, requestId: string): Promise<RawReply | "drop"> {
    if (service === undefined) {
      throw new NotImplemented(`the service "${call.service}" (operation ${call.operation})`, [
        ...this.#services.keys(),
      ]);
    }
    if ((await this.#interception.before?.(call)) === "drop") return "drop";
    const operation = Object.hasOwn(service.operations, call.operation)
      ? service.operations[call.operation]
      : service.operations["*"];
    if (operation === undefined) {
      throw new NotImplemented(`${service.name}:${call.operation}`, Object.keys(service.operations));
    }
    const output = await operation(call);
    if ((await this.#interception.after?.(call)) === "drop") return "drop";
    return service.protocol.reply(call.operation, output, requestId);
  }
}

async function readRequest(incoming: IncomingMessage): Promise<RawRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk as Uint8Array));
  const url = new URL(incoming.url ?? "/", "http://sandbox.invalid");
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    headers[name] = Array.isArray(value) ? value.join(",") : value;
  }
  return {
    method: incoming.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    headers,
    body: Buffer.concat(chunks),
  };
}

/** Who asks what service, from `Credential=KEY/DATE/REGION/SERVICE/aws4_request`. */
function readScope(request: RawRequest): { service: string; region: string; accessKey: string } {
  const signed = request.headers["authorization"] ?? "";
  const credential = /Credential=([^,\s]+)/u.exec(signed)?.[1] ?? request.query.get("X-Amz-Credential") ?? "";
  const [accessKey = "", , region = "", service = ""] = credential.split("/");
  return { service: service === "" ? "(unsigned request)" : service, region, accessKey };
}

/** The protocol in which a service is refused that the sandbox does not have: told by the request's looks. */
function guessProtocol(request: RawRequest, service: string): Protocol {
  if (service === "s3") return restXml();
  const json = request.headers["x-amz-target"] !== undefined || !request.body.includes("Action=");
  if (!json) return awsQuery("https://sandbox.invalid/");
  const protocol = awsJson("1.1");
  return {
    ...protocol,
    parse: (raw) => {
      const target = raw.headers["x-amz-target"]?.split(".").at(-1);
      return { operation: target ?? `${raw.method} ${raw.path}`, params: {} };
    },
  };
}

function asAwsError(thrown: unknown): AwsError {
  if (thrown instanceof AwsError) return thrown;
  const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return new AwsError("InternalFailure", `The sandbox failed: ${text}`, { status: 500 });
}

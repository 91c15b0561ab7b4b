/** What an emulated service is to the gateway. */

/** One request as it came in, its body read. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

export interface RawReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** A request understood: who asks which operation for what. */
export interface Call {
  readonly service: string;
  readonly operation: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly region: string;
  /** The access key of the signature. */
  readonly accessKey: string;
  /** Who holds that key: `operator`, `states`, `function:NAME`, ... */
  readonly caller: string;
  readonly request: RawRequest;
}

/** How a service's requests, answers and errors look on the wire. */
export interface Protocol {
  /** The operation's name and parameters; an operation that cannot be told is named by what is known of it. */
  parse(request: RawRequest): { readonly operation: string; readonly params: Record<string, unknown> };
  reply(operation: string, output: unknown, requestId: string): RawReply;
  error(
    error: { code: string; message: string; status: number; members: object },
    requestId: string,
  ): RawReply;
}

export type Operation = (call: Call) => unknown;

export interface Service {
  /** The name in the credential scope of the signature. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly operations: Readonly<Record<string, Operation>>;
}

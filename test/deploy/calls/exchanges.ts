/** Calls of AWS's APIs to the letter, in a file, and what AWS's own service models say of them. */
import { execFileSync } from "node:child_process";
import { appendFileSync } from "node:fs";
import type { Exchange } from "../../../lib/sandbox/gateway/gateway.ts";
import type { RawReply, RawRequest } from "../../../lib/sandbox/gateway/service.ts";
import type { PythonEnvironment } from "../python.ts";

export interface Verdict {
  readonly requests: number;
  readonly replies: number;
  readonly errors: number;
  readonly operations: Readonly<Record<string, number>>;
  readonly outside: Readonly<Record<string, number>>;
  readonly violations: readonly {
    readonly operation: string;
    readonly part: string;
    readonly fault: string;
  }[];
}

/** Adds the exchange to the file, a JSON object a line. */
export const writeExchange = (file: string, exchange: Exchange): void =>
  appendFileSync(file, `${JSON.stringify(written(exchange))}\n`);

/** `python`: the environment of the judges. */
export const judgeExchanges = (python: PythonEnvironment, file: string): Verdict => {
  const script = new URL("judge.py", import.meta.url).pathname;
  const output = execFileSync(python.program("python"), [script, file], {
    encoding: "utf8",
    maxBuffer: MOST_BYTES,
  });
  return JSON.parse(output) as Verdict;
};

/** A verdict over many violations is long. */
const MOST_BYTES = 64 * 1024 * 1024;

const written = ({ call, request, reply }: Exchange) => ({
  caller: call.caller,
  service: call.service,
  operation: call.operation,
  request: { ...onWire(request), method: request.method, path: request.path, query: String(request.query) },
  reply: { ...onWire(reply), status: reply.status },
});

const onWire = ({ headers, body }: RawRequest | RawReply) => ({
  headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
  body: Buffer.from(body).toString("base64"),
});

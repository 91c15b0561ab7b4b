/** Lambda's Invoke on a loopback port, where the test has written down what each function answers, one call after the other. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Answer =
  | { readonly done: true }
  /** A tick's answer: due again so many seconds from now or, in whole seconds, soon after; and waited for so many then. */
  | { readonly nextIn: number; readonly patience: number; readonly wholeSeconds?: boolean }
  /** Whatever a broken tick might answer. */
  | { readonly payload: unknown }
  | { readonly fails: string }
  /** Refused before the function ran, with the error's name and HTTP status. */
  | { readonly refused: string; readonly status: number }
  | "never";

export interface Invocation {
  /** Unix milliseconds. */
  readonly at: number;
  readonly payload: unknown;
}

export interface ScriptedLambda {
  readonly port: number;
  /** By function. */
  readonly invocations: (name: string) => readonly Invocation[];
  readonly close: () => void;
}

const INVOKE = /^\/2015-03-31\/functions\/([^/]+)\/invocations/u;

/** A function that is called more often than its script has answers gets an error that says so. */
export async function scriptedLambda(
  scripts: ReadonlyMap<string, readonly Answer[]>,
): Promise<ScriptedLambda> {
  const heard = new Map<string, Invocation[]>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      /** The name in a function's ARN, or the name itself. */
      const reference = decodeURIComponent(INVOKE.exec(request.url ?? "")?.[1] ?? "");
      const name = reference.split(":")[6] ?? reference;
      const calls = heard.get(name) ?? [];
      heard.set(name, calls);
      const payload: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
      const answer = scripts.get(name)?.[calls.push({ at: Date.now(), payload }) - 1];
      reply(response, answer ?? { refused: "InvalidRequestContentException", status: 400 });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  const { port } = server.address() as AddressInfo;
  return { port, invocations: (name) => heard.get(name) ?? [], close };
}

function reply(response: ServerResponse, answer: Answer): void {
  if (answer === "never") return;
  const send = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): unknown =>
    response
      .writeHead(status, {
        "content-type": "application/json",
        "x-amzn-requestid": "00000000-0000-0000-0000-000000000000",
        ...headers,
      })
      .end(JSON.stringify(body));
  if ("refused" in answer) {
    const body = { Type: "User", message: "refused by the test" };
    send(answer.status, body, { "x-amzn-errortype": answer.refused });
  } else if ("fails" in answer) {
    const body = { errorType: answer.fails, errorMessage: "failed by the test" };
    send(200, body, { "x-amz-function-error": "Unhandled" });
  } else if ("nextIn" in answer) {
    const due = Date.now() + answer.nextIn * 1000;
    const next = answer.wholeSeconds
      ? new Date(Math.ceil(due / 1000) * 1000).toISOString().replace(".000Z", "Z")
      : new Date(due).toISOString();
    send(200, { done: false, next, patience: answer.patience });
  } else {
    send(200, "payload" in answer ? answer.payload : answer);
  }
}

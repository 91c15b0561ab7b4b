/**
 * The web console: a page at `/`, its files as they are below `/console/`, and the stream of what they show below
 * `/_sandbox/`. What the page's buttons do goes the ways that are there for everybody: `POST /_sandbox/faults/NAME`, and
 * Lambda's Invoke through the gateway.
 */
import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import type { RawRequest } from "../gateway/service.ts";
import type { Sandbox } from "../sandbox.ts";
import { Statuses } from "./statuses.ts";
import { type ConsoleView, readView } from "./view.ts";

const STREAM_MILLISECONDS = 500;
/** The record changes with a tick and with a wish: the first is heard of, the second is looked for. */
const STATUS_MILLISECONDS = 2_500;

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  mjs: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};
/** The page needs nothing from elsewhere, and nobody puts it into a frame. */
const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};
const PAGE = new URL("page/", import.meta.url);
const FILE = /^\/console\/([a-z-]+\.(?:css|mjs|svg))$/u;

export class Console {
  readonly #sandbox: Sandbox;
  readonly #statuses: Statuses;
  readonly #watchers = new Set<ServerResponse>();
  readonly #silence: () => void;
  #timer: NodeJS.Timeout | undefined;
  #askedAt = 0;

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
    this.#statuses = new Statuses((action) => sandbox.invoke(action, "read"));
    this.#silence = sandbox.events.listen(({ kind }) => {
      if (kind === "tick" || kind === "transition") this.#askedAt = 0;
    });
  }

  /** Answers a request for the console; false: it is none. */
  async serve(request: RawRequest, response: ServerResponse): Promise<boolean> {
    // A signed request for `/` is one of an AWS client.
    if (request.method !== "GET" || request.headers["authorization"] !== undefined) return false;
    const { path } = request;
    if (path === "/") return sendFile(response, "index.html");
    const [, file] = FILE.exec(path) ?? [];
    if (file !== undefined) return sendFile(response, file);
    if (path === "/_sandbox/view") return await this.#sendView(response);
    if (path === "/_sandbox/stream") return this.#stream(response);
    return false;
  }

  close(): void {
    this.#silence();
    clearInterval(this.#timer);
    for (const watcher of this.#watchers) watcher.end();
    this.#watchers.clear();
  }

  /** What is shown now; the first time it waits for the function's answer. */
  async view(): Promise<ConsoleView> {
    if (this.#statuses.version === "") await this.#statuses.refresh();
    return this.#read();
  }

  #read(): ConsoleView {
    return readView(this.#sandbox, this.#statuses);
  }

  async #sendView(response: ServerResponse): Promise<boolean> {
    await this.#statuses.refresh();
    response.writeHead(200, { ...HEADERS, "content-type": "application/json" });
    response.end(JSON.stringify(this.#read()));
    return true;
  }

  #stream(response: ServerResponse): boolean {
    response.writeHead(200, { ...HEADERS, "content-type": "text/event-stream" });
    this.#watchers.add(response);
    response.on("close", () => {
      this.#watchers.delete(response);
      if (this.#watchers.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    });
    this.#timer ??= setInterval(() => this.#tell(), STREAM_MILLISECONDS);
    this.#tell();
    return true;
  }

  #tell(): void {
    this.#askAgain();
    const message = `data: ${JSON.stringify(this.#read())}\n\n`;
    for (const watcher of this.#watchers) watcher.write(message);
  }

  /**
   * Not while a fault waits for the function's next call to kill it there: who looks at the console must not take the
   * blow that was meant for a tick.
   */
  #askAgain(): void {
    const now = Date.now();
    if (now - this.#askedAt < STATUS_MILLISECONDS) return;
    if (this.#sandbox.cloud.faults.find("lambda-killed-at") !== undefined) return;
    this.#askedAt = now;
    void this.#statuses.refresh().catch((error: unknown) => {
      this.#sandbox.events.tell("problem", `the console could not ask for the status: ${String(error)}`);
    });
  }
}

function sendFile(response: ServerResponse, name: string): true {
  let content: Buffer;
  try {
    content = readFileSync(new URL(name, PAGE));
  } catch {
    response.writeHead(404, HEADERS);
    response.end();
    return true;
  }
  const type = TYPES[name.slice(name.lastIndexOf(".") + 1)] ?? "text/plain";
  response.writeHead(200, { ...HEADERS, "content-type": type });
  response.end(content);
  return true;
}

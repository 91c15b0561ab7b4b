/** The sandbox's own routes: the console, and below `/_sandbox/` its state and faults. */
import type { ServerResponse } from "node:http";
import { z } from "zod";
import { FAULTS } from "./faults/catalogue.ts";
import type { FaultRequest } from "./faults/faults.ts";
import { Refusal } from "./faults/refusal.ts";
import { refuseOtherNames, refuseOtherOrigins } from "./gateway/origin.ts";
import { readJson } from "./gateway/protocols.ts";
import type { RawRequest } from "./gateway/service.ts";

export interface Controls {
  state(): object;
  fault(name: string, request: FaultRequest): Promise<string>;
  console(request: RawRequest, response: ServerResponse): Promise<boolean>;
}

const BASE = "/_sandbox/";
const FAULT_ROUTE = "faults/";

/** Answers a request to the sandbox itself, and any of a web page elsewhere, by a refusal; false: it is neither. */
export async function serveControls(
  controls: Controls,
  request: RawRequest,
  response: ServerResponse,
): Promise<boolean> {
  try {
    refuseOtherOrigins(request);
    if (isOwn(request)) refuseOtherNames(request);
    if (await controls.console(request, response)) return true;
    if (!request.path.startsWith(BASE)) return false;
    send(response, 200, await route(controls, request));
  } catch (error) {
    if (!(error instanceof Refusal)) {
      send(response, 500, refusal(error instanceof Error ? error.message : String(error)));
    } else {
      const valid = error.valid.length > 0 ? { valid: error.valid } : {};
      send(response, error.field === "path" ? 404 : 400, {
        ok: false,
        error: { code: "REFUSED", sentence: error.message, field: error.field, ...valid },
      });
    }
  }
  return true;
}

function isOwn({ path, headers }: RawRequest): boolean {
  return path.startsWith(BASE) || headers["authorization"] === undefined;
}

async function route(controls: Controls, request: RawRequest): Promise<object> {
  const path = decodeURIComponent(request.path.slice(BASE.length));
  const asked = `${request.method} ${path}`;
  if (asked === "GET state") return controls.state();
  if (asked === "GET faults") {
    return Object.fromEntries(
      Object.entries(FAULTS).map(([name, { parameters, ...kind }]) => [
        name,
        { ...kind, parameters: z.toJSONSchema(parameters, { io: "input" }) },
      ]),
    );
  }
  if (request.method === "POST" && path.startsWith(FAULT_ROUTE)) {
    const sentence = await controls.fault(path.slice(FAULT_ROUTE.length), readFaultRequest(request));
    return { ok: true, sentence };
  }
  throw new Refusal(`there is no ${asked}`, "path", ["GET state", "GET faults", "POST faults/NAME"]);
}

function readFaultRequest(request: RawRequest): FaultRequest {
  try {
    return readJson(request.body);
  } catch (error) {
    throw new Refusal(error instanceof Error ? error.message : String(error), "body");
  }
}

function refusal(sentence: string): object {
  return { ok: false, error: { code: "FAILED", sentence } };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(`${JSON.stringify(body, undefined, 2)}\n`);
}

/** What the console rests on and needs no browser: the timeline's spans, and who may ask. */
import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { Statuses } from "../../lib/sandbox/console/statuses.ts";
import { Timeline } from "../../lib/sandbox/console/timeline.ts";
import { type Controls, serveControls } from "../../lib/sandbox/control.ts";
import type { RawRequest } from "../../lib/sandbox/gateway/service.ts";

const MINUTE = 60_000;
const up = (...schedulers: { pid: number; hangs: boolean }[]) => ({
  node: "i-1",
  condition: "up" as const,
  schedulers,
});
const works = { pid: 7, hangs: false };
const hangs = { pid: 7, hangs: true };

describe("the timeline", () => {
  it("draws one span for a scheduler from look to look", () => {
    const timeline = new Timeline();
    for (const at of [0, 400, 800]) timeline.add(at, [up(works)]);
    expect(timeline.lanes()[0]?.runs).toEqual([{ pid: 7, hangs: false, from: 0, to: 800 }]);
  });

  it("lets a hang begin where the work ends, and the work begin again where the hang ends", () => {
    const timeline = new Timeline();
    timeline.add(0, [up(works)]);
    timeline.add(400, [up(hangs)]);
    timeline.add(800, [up(works)]);
    timeline.add(1200, [up()]);
    expect(timeline.lanes()[0]?.runs).toEqual([
      { pid: 7, hangs: false, from: 0, to: 400 },
      { pid: 7, hangs: true, from: 400, to: 800 },
      { pid: 7, hangs: false, from: 800, to: 800 },
    ]);
  });

  it("keeps two schedulers on one node apart", () => {
    const timeline = new Timeline();
    timeline.add(0, [up(works, { pid: 8, hangs: false })]);
    timeline.add(400, [up(works)]);
    expect(timeline.lanes()[0]?.runs.map(({ pid, to }) => [pid, to])).toEqual([
      [7, 400],
      [8, 0],
    ]);
  });

  it("shows how the node was, and forgets what is older than what can be looked at", () => {
    const timeline = new Timeline();
    timeline.add(0, [up(works)]);
    timeline.add(400, [{ ...up(), condition: "off" }]);
    expect(timeline.lanes()[0]?.conditions.map(({ condition, from, to }) => [condition, from, to])).toEqual([
      ["up", 0, 400],
      ["off", 400, 400],
    ]);
    timeline.add(40 * MINUTE, [up()]);
    expect(timeline.lanes()[0]?.runs).toEqual([]);
    expect(timeline.lanes()[0]?.conditions.map(({ condition }) => condition)).toEqual(["off", "up"]);
  });
});

describe("the status that the console shows", () => {
  it("stays as it was, with the fault beside it, where the function does not answer", async () => {
    let works = true;
    const statuses = new Statuses(({ action }) => {
      if (action === "version") return reply({ ok: true, data: { version: "1", clusters: ["demo"] } });
      if (!works) return reply({ errorMessage: "Task timed out" });
      return reply({ ok: true, code: "STEADY", sentence: "It runs.", data: { phase: "steady" } });
    });
    await statuses.refresh();
    works = false;
    await statuses.refresh();
    expect(statuses.clusters).toMatchObject([
      { cluster: "demo", code: "STEADY", data: { phase: "steady" }, fault: "Task timed out" },
    ]);
  });

  const reply = (payload: unknown) => Promise.resolve({ payload });
});

describe("who asks through a browser", () => {
  const OWN = "127.0.0.1:4666";
  const SIGNED = { authorization: "AWS4-HMAC-SHA256 Credential=k/d/r/lambda/aws4_request" };

  it.each([
    ["the console's own page", "/_sandbox/state", { host: OWN, origin: `http://${OWN}` }, 200],
    ["the console by its other name", "/", { host: "localhost:4666" }, 200],
    ["the command line, which names no origin", "/_sandbox/state", { host: OWN }, 200],
    ["a page elsewhere", "/_sandbox/state", { host: OWN, origin: "https://elsewhere.test" }, 400],
    [
      "a page elsewhere that calls the function",
      "/2015-03-31/functions/f/invocations",
      { host: OWN, origin: "null", ...SIGNED },
      400,
    ],
    ["a page whose name leads here", "/", { host: "elsewhere.test:4666" }, 400],
    [
      "that page with the origin that fits its name",
      "/x",
      { host: "elsewhere.test", origin: "http://elsewhere.test", ...SIGNED },
      400,
    ],
    ["an AWS client under any name", "/", { host: "gateway:4666", ...SIGNED }, "aws"],
  ] as const)("%s: %s", async (_who, path, headers, expected) => {
    expect(await ask(path, headers)).toBe(expected);
  });

  /** The answer's status, or `aws` where the request is left to the emulated services. */
  async function ask(path: string, headers: Readonly<Record<string, string>>): Promise<number | "aws"> {
    let status = 0;
    const response = {
      writeHead: (code: number) => (status = code),
      end: () => undefined,
    } as unknown as ServerResponse;
    const controls: Controls = {
      state: () => ({}),
      fault: () => Promise.resolve(""),
      console: (request) => {
        const isPage = request.path === "/" && request.headers["authorization"] === undefined;
        if (isPage) status = 200;
        return Promise.resolve(isPage);
      },
    };
    const request: RawRequest = {
      method: "GET",
      path,
      query: new URLSearchParams(),
      headers,
      body: Buffer.alloc(0),
    };
    return (await serveControls(controls, request, response)) ? status : "aws";
  }
});

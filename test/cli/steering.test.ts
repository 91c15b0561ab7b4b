/** Commands whose wishes the function answers by a script: what is sent, and what becomes of the answer. */
import { describe, expect, it } from "vitest";
import type { Reply } from "../../lambda/actions/reply.ts";
import { type, type Script } from "./support/scripted-io.ts";

const NODE = "i-0b5e7a1f2c3d4e5f6";

function status(view: Readonly<Record<string, unknown>> = {}): Reply {
  const node = { id: NODE, role: "active", state: "running", reportAgeSeconds: 1, stopBy: "ever" };
  const data = { recorded: true, active: NODE, nodes: [node], tickedAt: "2027-01-15T08:00:00.000Z", ...view };
  return { ok: true, action: "status", cluster: "main", code: "STEADY", sentence: "All is well.", data };
}

function accepted(action: string): Reply {
  const data = { id: "w1", action, phase: "accepted", at: "2027-01-15T08:00:00.000Z" };
  return {
    ok: true,
    action,
    cluster: "main",
    code: "ACCEPTED",
    sentence: `The ${action} is accepted.`,
    data,
  };
}

const history: Reply = {
  ok: true,
  action: "history",
  code: "HISTORY",
  sentence: "",
  data: { entries: [] },
};

/** Accepts every wish; `view` is what `status` shows. */
function accepting(view?: Readonly<Record<string, unknown>>): Script {
  return {
    invoke: ({ action }) =>
      action === "status" ? status(view) : action === "history" ? history : accepted(action),
  };
}

const WISHES: readonly [line: string, sent: Readonly<Record<string, unknown>>][] = [
  ["pause --until 2h", { action: "pause", until: "2027-01-15T10:00:00.000Z" }],
  ["pause --until 2027-02-01T06:00:00Z", { action: "pause", until: "2027-02-01T06:00:00Z" }],
  ["pause --until soon", { action: "pause", until: "soon" }],
  ["pause", { action: "pause" }],
  ["resume", { action: "resume" }],
  ["observe", { action: "observe" }],
  [`exclude ${NODE}`, { action: "exclude", node: NODE }],
  [`include ${NODE}`, { action: "include", node: NODE }],
  [
    `switchover --to ${NODE} --at 30m --yes`,
    { action: "switchover", to: NODE, at: "2027-01-15T08:30:00.000Z" },
  ],
  [`failover --override ${NODE} --yes`, { action: "failover", override: NODE }],
  ["stop --yes", { action: "detach" }],
  ["detach --yes", { action: "detach" }],
  ["clear_metadata --yes", { action: "clear_metadata" }],
  ["pause --cluster main --by ben --reason why", { cluster: "main", by: "ben", reason: "why" }],
];

describe("a wish", () => {
  it.each(WISHES)("%s is sent through `operate` as the Lambda takes it", async (line, sent) => {
    const { code, io } = await type(line, accepting());
    expect(code).toBe(0);
    const operated = io.requests.filter(({ alias }) => alias === "operate");
    expect(operated).toHaveLength(1);
    expect(operated[0]?.request).toMatchObject(sent);
    expect(io.output).toContain("is accepted.");
  });

  it("names the machine where STS does not answer", async () => {
    const { CommandError } = await import("../../lib/cli/io.ts");
    const services = { caller: () => Promise.reject(new CommandError("STS cannot be reached")) };
    const { io } = await type("resume", { ...accepting(), services });
    expect(io.requests.at(-1)?.request["by"]).toBe("ana@laptop");
  });

  it("that is refused ends with 1 in the Lambda's words", async () => {
    const refusal: Reply = { ok: false, error: { code: "NODE_GONE", sentence: "It is gone." } };
    const { code, io } = await type(`exclude ${NODE}`, { invoke: () => refusal });
    expect(code).toBe(1);
    expect(io.errors).toContain("refused: NODE_GONE: It is gone.");
    const json = await type(`exclude ${NODE} --json`, { invoke: () => refusal });
    expect(json.code).toBe(1);
    expect(JSON.parse(json.io.output)).toEqual(refusal);
  });

  it("that fails ends with 1, with what became of it", async () => {
    const request = { id: "w1", action: "pause", phase: "failed", sentence: "The target is cut off." };
    const { code, io } = await type("pause --wait", accepting({ request }));
    expect(code).toBe(1);
    expect(io.errors).toContain("The target is cut off.");
  });

  it("whose place another has taken is not known", async () => {
    const request = { id: "w2", action: "resume", phase: "done" };
    const { code, io } = await type("pause --wait", accepting({ request }));
    expect(code).toBe(2);
    expect(io.errors).toContain("Another wish has taken the place of w1");
  });
});

describe("start", () => {
  it("resumes, and follows the events until Ctrl-C", async () => {
    const { code, io } = await type("start", { ...accepting({ steering: { kind: "paused" } }), sleeps: 3 });
    expect(code).toBe(0);
    expect(io.requests.map(({ request }) => request.action)).toContain("resume");
    expect(io.errors).toContain("Ctrl-C ends this");
    expect(io.output.match(/STEADY: All is well/g)).toHaveLength(1);
  });

  it("returns with --detach", async () => {
    const { code, io } = await type("start --detach", accepting({ steering: { kind: "detached" } }));
    expect(code).toBe(0);
    expect(io.errors).not.toContain("Following");
  });

  it("leaves a controller that steers already as it is", async () => {
    const { code, io } = await type("start --detach", accepting({ steering: null }));
    expect(code).toBe(0);
    expect(io.errors).toContain("runs already");
    expect(io.requests.every(({ alias }) => alias === "read")).toBe(true);
  });
});

describe("the yes or no of is_scheduler_running and test_connection", () => {
  const node = (state: string, more = {}) => ({ id: NODE, state, reportAgeSeconds: 1, ...more });
  const inspected = (...nodes: object[]): Script => ({
    invoke: () => ({
      ok: true,
      action: "inspect",
      cluster: "main",
      code: "INSPECTED",
      sentence: "Asked all nodes.",
      data: { nodes },
    }),
  });
  const silent = { silentSince: "2027-01-15T08:00:00.000Z" };

  it.each([
    ["is_scheduler_running", [node("running")], 0, "True"],
    ["is_scheduler_running", [node("stopped")], 1, "False"],
    ["is_scheduler_running", [node("stopped"), node("running", silent)], 2, "unknown: does not answer"],
    ["is_scheduler_running", [], 2, "Asked all nodes"],
    ["test_connection", [node("stopped")], 0, NODE],
    ["test_connection", [node("stopped"), node("stopped", silent)], 1, "SILENT"],
  ])("%s with %o ends with %i", async (line, nodes, code, said) => {
    const { code: ended, io } = await type(line, inspected(...nodes));
    expect(ended).toBe(code);
    expect(io.output).toContain(said);
  });

  it("is not known where the function knows no such question", async () => {
    const refusal: Reply = { ok: false, error: { code: "UNKNOWN_ACTION", sentence: "No such action." } };
    expect((await type("is_scheduler_running", { invoke: () => refusal })).code).toBe(2);
  });
});

describe("an answer of another version", () => {
  it("is said to be one", async () => {
    const reply: Reply = { ok: true, action: "status", code: "X", sentence: "", data: { nodes: 3 } };
    const { code, io } = await type("status", { invoke: () => reply });
    expect(code).toBe(2);
    expect(io.errors.replaceAll(/\s+/g, " ")).toContain("is not what this version of the program reads");
  });
});

describe("drill", () => {
  const entry = {
    at: "2027-01-15T08:00:30.000Z",
    code: "DRILL_DONE",
    sentence: "The drill is done.",
    drill: { seconds: 140, gapSeconds: 11 },
  };
  const play = (words: string, phase: string, told = "DRILL_DONE") =>
    type(words, {
      invoke: ({ action }) => {
        if (action === "history") return { ...history, data: { entries: [{ ...entry, code: told }] } };
        if (action !== "status") return accepted(action);
        return status({ request: { id: "w1", action: "switchover", phase, sentence: "So it went." } });
      },
    });

  it("is one wish, followed to its end, and prints what it took", async () => {
    const { code, io } = await play("drill --yes --to i-b", "done");
    expect(code).toBe(0);
    const wishes = io.requests.filter(({ request }) => request.action === "drill");
    expect(wishes.map(({ request }) => request["to"])).toEqual(["i-b"]);
    expect(io.output).toContain("There and back in 140 s; 11 s without a scheduler");
  });

  it("says where to look when it has failed, and ends with 1", async () => {
    const { code, io } = await play("drill --yes", "failed", "DRILL_FAILED");
    expect(code).toBe(1);
    expect(io.errors).toContain("The drill has failed");
    expect(io.output).not.toContain("There and back");
  });

  it("says no more than why where it is refused at once", async () => {
    const { code, io } = await play("drill --yes", "failed", "VERIFIED");
    expect(code).toBe(1);
    expect(io.errors).not.toContain("The drill has failed");
  });
});

describe("logs", () => {
  const line = (id: string, fields: object) => ({
    id,
    at: Date.UTC(2027, 0, 15, 8, 0, 5),
    text: JSON.stringify(fields),
  });
  const logLines = () =>
    Promise.resolve([
      line("1", {
        level: "INFO",
        message: "tick",
        cluster: "main",
        code: "STEADY",
        sentence: "All is well.",
      }),
      line("2", {
        level: "ERROR",
        message: "tick failed",
        cluster: "other",
        error: { message: "no answer" },
      }),
      { id: "3", at: 0, text: "START RequestId: 1" },
    ]);

  it("prints the journal's lines as a person reads them, and no others", async () => {
    const { code, io } = await type("logs", { services: { logLines } });
    expect(code).toBe(0);
    expect(io.output).toBe(
      "08:00:05  main  tick  STEADY  All is well.\n08:00:05  ERROR  other  tick failed  no answer\n",
    );
  });

  it("prints each line once while it follows, and those of one cluster if asked", async () => {
    const { io } = await type("logs --follow --cluster other", { services: { logLines }, sleeps: 4 });
    expect(io.output).toBe("08:00:05  ERROR  other  tick failed  no answer\n");
  });

  it("ends with 1 where there is no line", async () => {
    expect((await type("logs")).code).toBe(1);
  });
});

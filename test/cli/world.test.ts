import { beforeEach, describe, expect, it } from "vitest";
import { type, type Script } from "./support/scripted-io.ts";
import { NODES, SmallWorld } from "./support/world.ts";

const [FIRST, SECOND] = NODES;
let world: SmallWorld;

beforeEach(async () => {
  world = new SmallWorld();
  await world.settle();
});

function at(line: string, more: Script = {}) {
  return type(line, {
    invoke: (request, alias) => world.invoke(request, alias),
    now: () => world.timeline.now,
    pass: (milliseconds) => world.go(milliseconds),
    ...more,
  });
}

describe("status", () => {
  it("ends with 0 while a scheduler runs, and says where and since when", async () => {
    const { code, io } = await at("status");
    expect(code).toBe(0);
    expect(io.output).toContain(`main: running on ${FIRST}, for 2 min`);
    expect(Math.max(...io.output.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it("ends with 2 while the active node is cut off: silence is no answer", async () => {
    world.cutOffActive();
    await world.go(60_000);
    const { code, io } = await at("status");
    expect(code).toBe(2);
    expect(io.output).toContain(`main: not known: ${FIRST} does not answer`);
    expect(io.output).toContain("SILENT");
    expect(Math.max(...io.output.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it("says when a move that waits begins", async () => {
    await at("switchover --at 8h --yes");
    const { io } = await at("status");
    expect(io.output).toMatch(/wish +switchover by \S+\s+accepted, begins at 2027-01-15 16:02:30\s+UTC/);
  });

  it("names a drill as what it is, and its way", async () => {
    await at("drill --yes", { sleeps: 3 });
    await world.go(10_000);
    expect((await at("status")).io.output).toMatch(/wish +drill, way there by/);
  });

  it("ends with 2 where no tick looks any more, whatever the record says", async () => {
    const { code, io } = await at("status", { now: () => world.timeline.now + 600_000 });
    expect(code).toBe(2);
    expect(io.output).toContain("no tick for 10 min: nobody looks");
  });

  it("prints the reply as it is with --json, and nothing else on standard output", async () => {
    const { code, io } = await at("status --json");
    expect(code).toBe(0);
    expect(JSON.parse(io.output)).toMatchObject({ ok: true, action: "status", cluster: "main" });
  });

  it("is coloured on a terminal only, and not with NO_COLOR", async () => {
    const escape = "\u001B[";
    expect((await at("status", { terminal: true })).io.output).toContain(escape);
    expect((await at("status")).io.output).not.toContain(escape);
    const environment = { NO_COLOR: "1" };
    expect((await at("status", { terminal: true, environment })).io.output).not.toContain(escape);
  });
});

describe("a cluster that is not there", () => {
  it("is refused in the Lambda's own words", async () => {
    const { code, io } = await at("history --cluster nowhere");
    expect(code).toBe(1);
    expect(io.errors).toContain("UNKNOWN_CLUSTER");
    expect(io.errors).toContain("valid: main");
  });
});

describe("a number that is none", () => {
  it("is judged by the Lambda", async () => {
    const { code, io } = await at("history --limit many");
    expect(code).toBe(1);
    expect(io.errors).toContain("INVALID_FIELD");
    expect(io.errors).toContain("limit");
  });
});

describe("metadata", () => {
  it("keeps the three names of the predecessor", async () => {
    const { code, io } = await at("metadata");
    expect(code).toBe(0);
    expect(io.output).toMatch(
      new RegExp(`^active_failover_node +\\S+\nactive_scheduler_node +${FIRST}\nfailover_heartbeat +2027-`),
    );
  });
});

describe("failover --wait", () => {
  it("prints each step once and ends with 0 when the scheduler has settled elsewhere", async () => {
    const { code, io } = await at("failover --yes --wait");
    expect(code).toBe(0);
    expect(world.active).toBe(SECOND);
    const phases = [...io.errors.matchAll(/^\d\d:\d\d:\d\d {2}(\S+)/gm)].map(([, phase]) => phase);
    expect([...new Set(phases)]).toEqual(["accepted", "stopping", "starting", "verifying", "done"]);
    const lines = io.errors.split("\n").filter((line) => line !== "");
    expect(new Set(lines).size).toBe(lines.length);
  });

  it("ends with 2 when its time is over, and says that the wish stands", async () => {
    const { code, io } = await at("failover --yes --wait --timeout 4");
    expect(code).toBe(2);
    expect(io.errors).toContain("It is not done after 4 s");
  });

  it("ends with 2 at Ctrl-C, and the ticks go on", async () => {
    const { code, io } = await at("failover --yes --wait", { sleeps: 1 });
    expect(code).toBe(2);
    expect(io.errors).toContain("You stopped waiting");
    await world.go(60_000);
    expect(world.active).toBe(SECOND);
  });

  it("sends who asks, why, and a key under which a repetition is the same wish", async () => {
    const { io } = await at('failover --yes --reason "kernel update"');
    const sent = io.requests.find(({ request }) => request.action === "failover");
    expect(sent).toEqual({
      alias: "operate",
      request: {
        action: "failover",
        by: "arn:aws:sts::123456789012:assumed-role/Operator/ana",
        reason: "kernel update",
        key: "3f0c9a52-7d1e-4b6a-9c58-000000000001",
      },
    });
    const again = await at(`failover --yes --key ${String(sent?.request["key"])}`);
    expect(again.code).toBe(0);
    expect(again.io.output).toContain("was asked before");
  });
});

describe("a dangerous command", () => {
  it("shows where it runs, the target, the proof and the gap before it asks", async () => {
    const { io } = await at(`failover --to ${SECOND}`, { typed: "no" });
    expect(io.errors).toContain(`now         running on ${FIRST}`);
    expect(io.errors).toContain(`target      ${SECOND}`);
    expect(io.errors).toContain(`proof owed  ${FIRST}: it is told to stop and must report that it has`);
    expect(io.errors).toContain("no move has been measured here yet");
  });

  it("says how long the proof takes where the active node does not answer", async () => {
    world.cutOffActive();
    await world.go(45_000);
    const { io } = await at("failover", { typed: "no" });
    expect(io.errors).toMatch(/proof owed.*does not answer; its guard has stopped the\s+scheduler by 2027-/);
    expect(io.errors).toMatch(/gap +at least \d+ s until that proof/);
  });

  it("tells the gap that the last moves have had", async () => {
    await at("failover --yes --wait");
    const { io } = await at("failover", { typed: "no" });
    expect(io.errors).toMatch(/about as long as the last moves: \d+ s without a scheduler/);
  });

  it.each(["no", "y", ""])("does nothing when %o is typed", async (typed) => {
    const { code, io } = await at("failover", { typed });
    expect(code).toBe(1);
    expect(io.errors).toContain("Nothing was changed.");
    expect(io.requests.every(({ alias }) => alias === "read")).toBe(true);
  });

  it.each(["failover", "switchover", "drill", "stop", "detach", "clear_metadata"])(
    "%s refuses without a terminal and without --yes",
    async (name) => {
      const { code, io } = await at(name);
      expect(code).toBe(1);
      expect(io.errors).toContain("Pass --yes");
      expect(io.requests.every(({ alias }) => alias === "read")).toBe(true);
    },
  );

  it("goes on when yes is typed", async () => {
    const { code, io } = await at("failover", { typed: "yes" });
    expect(code).toBe(0);
    expect(io.asked).toEqual(["Go on? Type yes: "]);
    expect(io.output).toContain("is accepted");
  });
});

describe("watch", () => {
  it("prints changes as lines where it is piped, each once", async () => {
    world.killScheduler();
    const { code, io } = await at("watch", { sleeps: 30 });
    expect(code).toBe(0);
    expect(io.output.match(/RECOVERED: /g)).toHaveLength(1);
    expect(io.output).not.toContain("\u001B");
  });

  it("is drawn again in place on a terminal", async () => {
    const { io } = await at("watch", { sleeps: 3, terminal: true });
    const clear = "\r\u001B[J";
    const [first = "", ...more] = io.output.split(clear);
    expect(more).toHaveLength(2);
    const height = first.split("\n").length - 1;
    expect(io.output).toContain(`\u001B[${height}A${clear}`);
  });
});

describe("send_test_email", () => {
  it("ends with 0 when SES took the mail", async () => {
    const { code, io } = await at("send_test_email");
    expect(code).toBe(0);
    expect(world.mails).toHaveLength(1);
    expect(io.output).toContain("ops@airline.dev");
  });
});

describe("a refusal", () => {
  it("names what would have been valid", async () => {
    const { code, io } = await at("failover --to i-nope --yes");
    expect(code).toBe(1);
    expect(io.errors.replaceAll(/\s+/g, " ")).toContain(`cannot move to it. Valid: ${SECOND}.`);
  });
});

describe("doctor", () => {
  it("finds no fault in a sound deployment", async () => {
    const { code, io } = await at("doctor");
    expect(code).toBe(0);
    expect(io.output).not.toContain("FAULT");
    expect(io.output).toContain("Not to be seen from here:");
  });

  it("finds the node that does not answer, with a fix", async () => {
    world.cutOffActive();
    await world.go(60_000);
    const { code, io } = await at("doctor");
    expect(code).toBe(1);
    expect(io.output).toMatch(new RegExp(`FAULT +main: ${FIRST} does not answer`));
    expect(io.output).toContain("-> is the SSM agent running");
  });

  it("finds an agent that is not managed, and versions that differ", async () => {
    const services = { agents: () => Promise.resolve(new Map()) };
    const { code, io } = await at("doctor --json", {
      services,
      invoke: async (request, alias) => {
        const reply = await world.invoke(request, alias);
        if (!reply.ok || request.action !== "version") return reply;
        return { ...reply, data: { ...reply.data, version: "9.9.9" } };
      },
    });
    expect(code).toBe(1);
    const { findings } = JSON.parse(io.output) as { findings: { level: string; what: string }[] };
    expect(findings.filter(({ level }) => level === "FAULT").map(({ what }) => what)).toEqual(
      NODES.map((id) => `${id} is not managed by Systems Manager: no command reaches it`),
    );
    expect(findings.find(({ level }) => level === "warning")?.what).toContain("version 9.9.9");
  });
});

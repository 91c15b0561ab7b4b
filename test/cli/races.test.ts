/** What operators wish while the ticks move by themselves: the real actions and ticks, in virtual time. */
import { beforeEach, describe, expect, it } from "vitest";
import { NODES, SmallWorld } from "./support/world.ts";

const [HOME, OTHER] = NODES;
const SECOND = 1_000;

let world: SmallWorld;

beforeEach(async () => {
  world = new SmallWorld();
  await world.settle();
});

const ask = async (action: string, more: Readonly<Record<string, unknown>> = {}) =>
  await world.invoke({ action, ...more }, "operate");
const wish = () => world.cluster.store.record?.request;
const codes = () => [...world.cluster.store.history.values()].map(({ code }) => code);

/** @throws where it does not come so far within ten minutes */
async function until(what: () => boolean): Promise<void> {
  for (let n = 0; n < 600 && !what(); n += 1) await world.go(SECOND);
  expect(what(), `${wish()?.phase ?? "no wish"}; ${codes().join(" ")}`).toBe(true);
}

const hasEnded = () => ["done", "failed"].includes(wish()?.phase ?? "");

describe("an automatic failover in the middle of a drill", () => {
  const failed = { phase: "failed", sentence: expect.stringContaining("The drill has failed") as string };

  it("ends it as failed where the node that it went to is lost, and the scheduler is back home", async () => {
    await ask("drill", { to: OTHER });
    await until(() => wish()?.phase === "verifying");
    expect(world.active).toBe(OTHER);
    world.loseActive();
    await until(hasEnded);
    expect(world.active).toBe(HOME);
    expect(wish()).toMatchObject(failed);
    await until(() => codes().includes("DRILL_FAILED"));
    expect(codes()).toContain("NODE_GONE");
  });

  it("ends it as failed where home is lost on the way back, and the scheduler stays where it can run", async () => {
    await ask("drill", { to: OTHER });
    await until(() => wish()?.drill?.leg === "back" && wish()?.phase === "verifying");
    expect(world.active).toBe(HOME);
    world.loseActive();
    await until(hasEnded);
    expect(world.active).toBe(OTHER);
    expect(wish()).toMatchObject(failed);
  });

  it("does not take the scheduler home by a way that is not proven, where home is cut off half-way", async () => {
    await ask("drill", { to: OTHER });
    await until(() => wish()?.phase === "verifying");
    world.cutOff(HOME);
    await until(() => codes().includes("DRILL_REFUSED"));
    expect(world.active).toBe(OTHER);
    expect(wish()).toMatchObject({ phase: "failed" });
  });

  it("leaves a scheduler that only ended to be started in place, and the drill goes on", async () => {
    await ask("drill", { to: OTHER });
    await until(() => wish()?.phase === "verifying");
    world.killScheduler();
    await until(hasEnded);
    expect(world.active).toBe(HOME);
    expect(wish()).toMatchObject({ phase: "done" });
  });
});

describe("wishes that race each other", () => {
  it("answers the second of two drills that the first is under way, and names the way out", async () => {
    expect(await ask("drill", { to: OTHER })).toMatchObject({ ok: true, code: "ACCEPTED" });
    await until(() => wish()?.phase === "verifying");
    expect(await ask("drill")).toMatchObject({
      ok: false,
      error: { code: "REQUEST_UNDER_WAY", sentence: expect.stringContaining("the drill") as string },
    });
    expect(await ask("cancel")).toMatchObject({ ok: false, error: { code: "REQUEST_UNDER_WAY" } });
  });

  it("lets a detach take a drill's place, and the scheduler runs on where the drill has brought it", async () => {
    await ask("drill", { to: OTHER });
    await until(() => wish()?.phase === "verifying");
    const reply = await ask("detach");
    expect(reply).toMatchObject({
      ok: true,
      sentence: expect.stringContaining("takes the place of the drill") as string,
    });
    await until(hasEnded);
    await world.go(120 * SECOND);
    expect(world.cluster.store.record?.steering?.kind).toBe("detached");
    expect(codes()).not.toContain("DRILL_HALFWAY");
    expect(world.running).toEqual([OTHER]);
  });
});

describe("an automatic failover before a switchover that waits for its time", () => {
  it("leaves that nothing to do, and it ends with the words why", async () => {
    const at = new Date(world.timeline.now + 300 * SECOND).toISOString();
    expect(await ask("switchover", { to: OTHER, at })).toMatchObject({ ok: true });
    world.loseActive();
    await until(() => world.active === OTHER);
    expect(wish()).toMatchObject({ phase: "accepted" });
    await until(hasEnded);
    expect(world.active).toBe(OTHER);
    expect(wish()?.sentence).toContain(OTHER);
  });
});

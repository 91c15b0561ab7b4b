import { beforeEach, describe, expect, it } from "vitest";
import { FORMER_TABLE } from "../../lib/cli/examples.ts";
import { CLUSTER, SmallWorld } from "./support/world.ts";

let world: SmallWorld;
beforeEach(async () => {
  world = new SmallWorld();
  await world.settle();
});

const takeOver = (owner: string) =>
  world.invoke({ action: "take_over", cluster: CLUSTER, owner, by: "ana", reason: "it is gone" }, "operate");
const invocation = () => world.cluster.nodes.get(world.active)?.scheduler?.invocation;

describe("nodes that carry the stamp of another deployment", () => {
  it("are not driven, and no time proves anything about them", async () => {
    const before = world.active;
    world.loseStack(FORMER_TABLE);
    await world.go(300_000);
    expect(world.cluster.store.record?.nodes[before]?.stopBy).toBe("ever");
    expect(world.cluster.store.record?.problem?.sentence).toContain(`owned-by ${FORMER_TABLE}`);
  });

  it("are taken over by that deployment's name, while the same scheduler goes on", async () => {
    const [before, ran] = [world.active, invocation()];
    world.loseStack(FORMER_TABLE);
    await world.go(40_000);
    expect(await takeOver(FORMER_TABLE)).toMatchObject({ ok: true, code: "ACCEPTED" });
    await world.go(150_000);
    expect([world.active, invocation()]).toEqual([before, ran]);
    expect(world.cluster.store.record).toMatchObject({ phase: { name: "steady" }, problem: undefined });
    const told = [...world.cluster.store.history.values()].find(({ code }) => code === "TAKES_OVER");
    expect(told).toMatchObject({ by: "ana", reason: "it is gone" });
  });

  it("are told to for ten minutes and not for ever", async () => {
    world.loseStack(FORMER_TABLE);
    await world.go(40_000);
    await takeOver(FORMER_TABLE);
    await world.go(30_000);
    expect(world.cluster.store.record?.plan.takeOver).toBe(FORMER_TABLE);
    await world.go(600_000);
    expect(world.cluster.store.record?.plan.takeOver).toBeUndefined();
  });

  it("are not taken over from a deployment that no node names", async () => {
    expect(await takeOver(FORMER_TABLE)).toMatchObject({ error: { code: "NOT_STAMPED", valid: [] } });
    world.loseStack(FORMER_TABLE);
    await world.go(40_000);
    const wrong = FORMER_TABLE.replace("former", "another");
    expect(await takeOver(wrong)).toMatchObject({
      error: { code: "NOT_STAMPED", field: "owner", value: wrong, valid: [FORMER_TABLE] },
    });
    expect(await takeOver("somebody")).toMatchObject({ error: { code: "INVALID_FIELD", field: "owner" } });
  });
});

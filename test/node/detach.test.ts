import { describe, it } from "vitest";
import { TestNode, ask, begin, clusterSettings, letGo, plan, run, stopFully } from "./support.ts";

const SLEEPER = clusterSettings({ start: "exec sleep 1000" });

describe.concurrent("detach", () => {
  it("drops grant and stamp and leaves the scheduler as it is", async ({ expect, onTestFinished }) => {
    const node = new TestNode(SLEEPER);
    onTestFinished(() => node.dispose());
    const life = await begin(node);
    const { invocation } = await run(node, life);
    const report = await letGo(node);
    expect(report).toMatchObject({ state: "running", invocation, grantUntil: 0 });
    expect(Object.keys(node.state())).not.toContain("owner");
    const late = await ask(node, { token: report.token - 1, active: "none" });
    expect(late.state).toBe("refused");
  });

  it("is not obeyed by a node that has lost its state: it may be an old one that comes late", async ({
    expect,
    onTestFinished,
  }) => {
    const node = new TestNode(SLEEPER);
    onTestFinished(() => node.dispose());
    await begin(node);
    const detach = { active: "none", others: "detach" } as const;
    const [first, second] = [plan(node, detach), plan(node, detach)];
    await stopFully(node);
    node.crash();
    for (const each of [first, first, second, second]) {
      const { report } = await node.converge(each);
      expect(report).toMatchObject({ state: "refused", reason: "life" });
    }
    expect(await letGo(node)).toMatchObject({ state: "stopped" });
  });
});

/** What happens while the controller is away: played in several clusters at once, since the ticks are all clusters' own. */
import type { Sandbox } from "../../../lib/sandbox/sandbox.ts";
import { isRecord } from "../../../lib/sandbox/values.ts";
import { type Case, expectThat } from "../case.ts";
import type { RealNode } from "../real-node.ts";
import { BEAT_SECONDS, type ClusterStage } from "../stage.ts";
import { beats, boundSeconds } from "./guard.ts";
import { seconds } from "./starts.ts";

/** No ticks while one case at least wants none. */
class Absence {
  #wanted = 0;
  #return = Promise.withResolvers<void>();

  /** What `play` answers, when the ticks are back. */
  async during<Answer>(sandbox: Sandbox, play: () => Promise<Answer>): Promise<Answer> {
    this.#wanted += 1;
    try {
      await sandbox.fault("lambda-throttled");
      return await play();
    } finally {
      this.#wanted -= 1;
      await this.#end(sandbox);
    }
  }

  async #end(sandbox: Sandbox): Promise<void> {
    if (this.#wanted > 0) return await this.#return.promise;
    await sandbox.fault("clear");
    this.#return.resolve();
    this.#return = Promise.withResolvers<void>();
  }
}

const absence = new Absence();

export const ticksStop: Case = {
  sentence:
    "the ticks stop for longer than the grant: the guard stops the scheduler; when they return, the same node gets it first",
  play: async (cluster) => {
    const node = cluster.active();
    const stopped = await absence.during(cluster.sandbox, () => grantEnds(cluster, node));
    const returned = Date.now();
    await cluster.until("it runs again", () => cluster.runsOn(), 60);
    expectThat(cluster.active() === node, `${node.name} got it, found ${cluster.active().name}`);
    return { "stopped after s": stopped, "back after s": seconds(returned) };
  },
};

export const breakGlass: Case = {
  sentence:
    "the ticks are away, the guard has stopped the scheduler, and it is started elsewhere under an override: when the ticks return they start none beside it",
  play: async (cluster) => {
    const node = cluster.active();
    const standby = cluster.other(node);
    const stopped = await absence.during(cluster.sandbox, async () => {
      const after = await grantEnds(cluster, node);
      await standby.inside(OVERRIDE, "--minutes", "5", "--reason", "a case");
      await standby.inside("systemctl", "start", standby.unit);
      await cluster.until("it runs under the override", () => cluster.runsOn(standby), 10);
      return after;
    });
    const before = cluster.main();
    await cluster.until("the ticks see the override", async () => await saysOverridden(cluster, standby), 30);
    await beats(2);
    expectThat(cluster.main() === before, "the one that was started by hand goes on alone");
    await standby.inside(OVERRIDE, "--end");
    const ended = Date.now();
    await cluster.until("it runs again", () => cluster.isReplaced(before), 60);
    return { "stopped after s": stopped, "back after s": seconds(ended) };
  },
};

const OVERRIDE = "scheduler-failover-override";

/** Answers the seconds until nothing of the scheduler is left on the node. */
async function grantEnds(cluster: ClusterStage, node: RealNode): Promise<number> {
  const began = Date.now();
  await cluster.until(
    "the guard has stopped it",
    () => !cluster.hasAny(node),
    boundSeconds(cluster) + BEAT_SECONDS,
  );
  return seconds(began);
}

async function saysOverridden(cluster: ClusterStage, node: RealNode): Promise<boolean> {
  const { nodes } = await cluster.read("status");
  return (
    Array.isArray(nodes) &&
    nodes.some((each) => isRecord(each) && each["id"] === node.id && each["state"] === "overridden")
  );
}

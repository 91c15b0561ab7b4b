/** What keeps a node's promise while somebody works at it: guard, gate, and what converge verifies each time. */
import { type Case, expectThat } from "../case.ts";
import { BEAT_SECONDS, type ClusterStage } from "../stage.ts";
import type { RealNode } from "../real-node.ts";
import { mainsOf } from "../watcher.ts";
import { seconds } from "./starts.ts";

export const startRefused: Case = {
  sentence:
    "systemctl start by hand on the standby, without a grant: refused by the gate, with a line in the journal",
  play: async (cluster) => {
    const [before, standby] = [cluster.main(), cluster.other(cluster.active())];
    const { code } = await standby.inside("systemctl", "start", standby.unit);
    const state = await property(standby, standby.unit, "ActiveState");
    const { output } = await standby.inside(
      "journalctl",
      "-u",
      standby.unit,
      "-n",
      "5",
      "-o",
      "cat",
      "--no-pager",
    );
    expectThat(state === "inactive", `the unit is inactive, found ${state}`);
    expectThat(output.includes("start refused"), `the journal says why, found: ${output}`);
    await beats(2);
    expectThat(cluster.main() === before, "the active node's process goes on");
    return { "exit status of systemctl": code };
  },
};

export const daemonReload: Case = {
  sentence: "daemon-reload under a grant: the scheduler goes on untouched, guard and gate stay in force",
  play: async (cluster) => {
    const [node, before] = [cluster.active(), cluster.main()];
    const guard = await property(node, await guardUnit(node), "MainPID");
    for (let round = 0; round < 3; round++) await node.inside("systemctl", "daemon-reload");
    await beats(2);
    expectThat(cluster.main() === before, "the same process goes on");
    expectThat((await property(node, await guardUnit(node), "MainPID")) === guard, "the same guard goes on");
  },
};

export const gateRemoved: Case = {
  sentence: "gate and guard's drop-in are removed: the next converge puts them back, the scheduler goes on",
  play: async (cluster) => {
    const [node, before, began] = [cluster.active(), cluster.main(), Date.now()];
    const dropIn = await property(node, node.unit, "DropInPaths");
    expectThat(dropIn.includes(".conf"), `there is a drop-in, found "${dropIn}"`);
    await node.inside("rm", ...dropIn.split(" "));
    await node.inside("systemctl", "daemon-reload");
    await cluster.until(
      "the drop-in is in force again",
      async () => (await property(node, node.unit, "DropInPaths")) === dropIn,
      3 * BEAT_SECONDS,
    );
    const back = seconds(began);
    await cluster.settled();
    return { "back after s": back, "the process": cluster.main() === before ? "went on" : "was replaced" };
  },
};

export const guardKilled: Case = {
  sentence: "the guard is killed with -9: no scheduler goes on without one, then one runs again",
  play: async (cluster) => {
    const [node, before, began] = [cluster.active(), cluster.main(), Date.now()];
    const pid = await property(node, await guardUnit(node), "MainPID");
    await node.inside("kill", "-9", pid);
    await cluster.until(
      "the scheduler is gone or has a guard again",
      async () => {
        const gone = cluster.main() !== before;
        return gone || Number(await property(node, await guardUnit(node), "MainPID")) > 0;
      },
      10,
    );
    const gone = seconds(began);
    await cluster.until(
      "one runs, under a living guard",
      async () => {
        if (!cluster.runsOn()) return false;
        const active = cluster.active();
        return Number(await property(active, await guardUnit(active), "MainPID")) > 0;
      },
      40,
    );
    return { "gone after s": gone, "guarded again after s": seconds(began) };
  },
};

export const runEmptied: Case = {
  sentence:
    "the protocol's state in /run is emptied under a running scheduler: never two, and one runs again",
  play: async (cluster) => {
    const [node, before, began] = [cluster.active(), cluster.main(), Date.now()];
    await node.inside("rm", "-rf", "/run/scheduler-failover");
    await beats(1);
    await cluster.settled();
    return {
      "settled after s": seconds(began),
      "the process": cluster.main() === before ? "went on" : "was replaced",
    };
  },
};

export const cutOff: Case = {
  sentence:
    "the active node is cut off, with a daemon-reload on the way: its guard stops the scheduler when the grant is over, then the other node starts",
  play: async (cluster) => {
    const [node, began] = [cluster.active(), Date.now()];
    cluster.cutOff(node);
    await beats(Math.floor(cluster.settings().timers.grantSeconds / 2 / BEAT_SECONDS));
    await node.inside("systemctl", "daemon-reload");
    const figures = await grantRunsOut(cluster, node, began);
    cluster.reconnect(node);
    await cluster.settled();
    expectThat(cluster.active() !== node, "it stays where it is when the node is back");
    return figures;
  },
};

export const initStopped: Case = {
  sentence:
    "pid 1 of the active node is stopped and the node cut off: the guard stops the scheduler all the same",
  play: async (cluster) => {
    const [node, began] = [cluster.active(), Date.now()];
    cluster.cutOff(node);
    node.signalInit("SIGSTOP");
    const figures = await grantRunsOut(cluster, node, began);
    node.signalInit("SIGCONT");
    cluster.reconnect(node);
    await cluster.settled();
    expectThat(cluster.active() !== node, "systemd's Restart= brings nothing back");
    return figures;
  },
};

/** How long what is named apart may last: the guard looks twice a second, and is one of many that wake. */
const AFTER_THAW_SECONDS = 2;

export const frozen: Case = {
  sentence:
    "the active node's whole machine freezes past its grant and thaws: what runs then until its guard stops it",
  secondsOfTwoAllowed: AFTER_THAW_SECONDS,
  play: async (cluster) => {
    const [node, began] = [cluster.active(), Date.now()];
    cluster.cutOff(node);
    await node.freeze();
    await cluster.until(
      "the other node runs it",
      () => cluster.runsOn(cluster.other(node)),
      boundSeconds(cluster),
    );
    const moved = seconds(began);
    const twice = cluster.doubleHandOuts();
    const thawed = performance.now();
    node.thaw();
    // Closer than the watcher looks: this lasts for hundredths of a second.
    while (mainsOf(node).length > 0 && performance.now() - thawed < AFTER_THAW_SECONDS * 1000)
      await new Promise((resolve) => setImmediate(resolve));
    const ran = Math.round(performance.now() - thawed);
    cluster.reconnect(node);
    await cluster.settled();
    expectThat(cluster.active() !== node, "it stays where it is when the node is back");
    return {
      "runs elsewhere after s": moved,
      "TWO FOR MS after the thaw": ran,
      "tasks handed out twice": cluster.doubleHandOuts() - twice,
    };
  },
};

/** A grant that was renewed this instant, its kill grace, the skew, a beat until a tick sees it, and a start. */
export function boundSeconds(cluster: ClusterStage): number {
  return grantEndSeconds(cluster) + 4 * BEAT_SECONDS;
}

function grantEndSeconds(cluster: ClusterStage): number {
  const { grantSeconds, killGraceSeconds, skewSeconds } = cluster.settings().timers;
  return grantSeconds + killGraceSeconds + skewSeconds;
}

export async function grantRunsOut(
  cluster: ClusterStage,
  node: RealNode,
  since: number,
): Promise<Readonly<Record<string, number>>> {
  await cluster.until("the guard has stopped it", () => !cluster.hasAny(node), grantEndSeconds(cluster));
  const stopped = seconds(since);
  await cluster.until(
    "the other node runs it",
    () => cluster.runsOn(cluster.other(node)),
    boundSeconds(cluster),
  );
  return { "stopped after s": stopped, "runs elsewhere after s": seconds(since) };
}

/** The service that the scheduler's unit is bound to. */
async function guardUnit(node: RealNode): Promise<string> {
  const bound = await property(node, node.unit, "BindsTo");
  expectThat(bound !== "", "the unit is bound to a guard");
  return bound.split(" ")[0] ?? "";
}

export async function property(node: RealNode, unit: string, name: string): Promise<string> {
  const { output } = await node.inside("systemctl", "show", unit, "-p", name, "--value");
  return output.trim();
}

export function beats(count: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, count * BEAT_SECONDS * 1000);
  });
}

/** A released daemon on two Debian nodes with systemd, judged by its processes and by what it leaves behind itself. */
import { accounted } from "../daemons/cases/airflow.ts";
import { LANES } from "../daemons/lanes.ts";
import { type DaemonName, layerOf } from "../daemons/layers.ts";
import { make, makeDaemon } from "../daemons/make.ts";
import type { Figures } from "../real-nodes/case.ts";
import { type ClusterStage, Stage } from "../real-nodes/stage.ts";
import type { Ground } from "./ground.ts";

const CLUSTER = "soak";

/** Or the exit status with which there is nothing to run. */
export async function realGround(daemon: DaemonName): Promise<Ground | number> {
  const wanted = { name: CLUSTER, daemon };
  const made = await make([wanted], 1);
  if (typeof made === "number") return made;
  const by = await makeDaemon(wanted, made);
  const timers = LANES.find((lane) => lane.daemon === daemon)?.timers ?? {};
  const stage = await Stage.open({
    image: layerOf(made.layers, "image"),
    clusters: [{ name: CLUSTER, enabled: false, by, timers }],
    run: made.folder,
  });
  const [cluster] = stage.clusters;
  if (cluster === undefined) throw new Error("the stage has no cluster");
  const began = Date.now();
  return {
    sandbox: stage.sandbox,
    isOne: () => cluster.runsOn(),
    lastSign: () => by.lastSign?.() ?? 0,
    judge: async () => {
      const { ofTwo, ofNone } = cluster.watcher.since(CLUSTER, began);
      const told = daemon.startsWith("airflow") ? await finalAccount(cluster) : {};
      const { figures, fault = told.fault } = await cluster.testimony(began);
      const twice = cluster.doubleHandOuts();
      return {
        two: ofTwo,
        none: ofNone,
        work: inWords({ ...figures, ...told.figures }),
        faults: [
          ...(twice > 0 ? [`${twice} tasks handed out twice`] : []),
          ...(fault === undefined ? [] : [fault]),
        ],
      };
    },
    close: async () => await stage.close(),
  };
}

/** Airflow's tasks are late rather than lost: it is given its time to catch up. */
async function finalAccount(cluster: ClusterStage): Promise<{ figures?: Figures; fault?: string }> {
  try {
    return { figures: (await accounted.play(cluster)) ?? {} };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

function inWords(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name}: ${value}`)
    .join(", ");
}

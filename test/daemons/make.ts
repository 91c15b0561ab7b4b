/** What the clusters of a run are made of: the daemons' layers, the machine with what they share, and each daemon. */
import type { Daemon } from "../real-nodes/daemon.ts";
import { RunFolder } from "../real-nodes/host.ts";
import { prepare } from "../real-nodes/suite.ts";
import { airflow } from "./airflow.ts";
import { celeryBeat } from "./celery-beat.ts";
import { dagsterDaemon } from "./dagster.ts";
import { type DaemonName, type Layers, readLayers } from "./layers.ts";
import { Services } from "./services.ts";

/** A cluster, and what runs in it. */
export interface Wanted {
  readonly name: string;
  readonly daemon: DaemonName;
}

export interface Made {
  readonly folder: RunFolder;
  readonly services: Services;
  readonly layers: Layers;
}

/**
 * Installs what they need, once for all runs, and starts broker and database; or answers the exit status with which
 * there is nothing to run. `cases`: how many are left out then.
 */
export async function make(wanted: readonly Wanted[], cases: number): Promise<Made | number> {
  // The observer at the broker is celery's.
  const daemons = new Set(["celery-beat", ...wanted.map(({ daemon }) => daemon)]);
  const prepared = prepare(new URL("setup.sh", import.meta.url), [...daemons], { cases });
  if (typeof prepared === "number") return prepared;
  const layers = readLayers(prepared);
  const folder = new RunFolder();
  const beats = wanted.filter(({ daemon }) => daemon === "celery-beat").map(({ name }) => name);
  const services = new Services(folder, beats);
  await services.start(layers);
  return { folder, services, layers };
}

export async function makeDaemon({ name, daemon }: Wanted, { services, layers }: Made): Promise<Daemon> {
  if (daemon === "celery-beat") return celeryBeat(name, services, layers);
  if (daemon === "dagster-daemon") return dagsterDaemon(name, services, layers);
  return await airflow(daemon, name, services, layers);
}

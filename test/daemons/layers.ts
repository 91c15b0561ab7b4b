/** What setup.sh has made: folders that lie over each other as one disk. */
export const DAEMON_NAMES = ["celery-beat", "airflow-2", "airflow-3", "dagster-daemon"] as const;
export type DaemonName = (typeof DAEMON_NAMES)[number];

/** By name, the lowest first: the image, the tools, and one for each daemon. */
export type Layers = ReadonlyMap<string, string>;

export function readLayers(lines: readonly string[]): Layers {
  return new Map(
    lines.flatMap((line) => {
      const [name, folder] = line.split(" ");
      return name === undefined || folder === undefined ? [] : [[name, folder] as const];
    }),
  );
}

export function layerOf(layers: Layers, name: string): string {
  const folder = layers.get(name);
  if (folder === undefined)
    throw new Error(`there is no layer ${name}; there are: ${[...layers.keys()].join(", ")}`);
  return folder;
}

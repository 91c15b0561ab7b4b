/** Written settings for tests: sound ones, and the same with one thing changed. */
export const sound = (): Record<string, unknown> => ({
  alerts: { from: "scheduler@airline.dev", to: ["operations@airline.dev"] },
  clusters: { main: cluster() },
});

export const cluster = (): Record<string, unknown> => ({
  nodes: { tag: { key: "scheduler-failover", value: "main" } },
  scheduler: { unit: "airflow-scheduler.service" },
});

/** One change: the path, with dots, and the new value; `undefined` takes the setting away. */
export type Change = readonly [path: string, value: unknown];

export const changed = (...changes: readonly Change[]): Record<string, unknown> => {
  const settings = sound();
  for (const [path, value] of changes) change(settings, path.split("."), value);
  return settings;
};

const change = (into: Record<string, unknown>, path: readonly string[], value: unknown): void => {
  const [first, ...rest] = path;
  if (first === undefined) return;
  if (rest.length > 0) {
    into[first] ??= {};
    change(into[first] as Record<string, unknown>, rest, value);
  } else if (value === undefined) {
    Reflect.deleteProperty(into, first);
  } else {
    into[first] = value;
  }
};

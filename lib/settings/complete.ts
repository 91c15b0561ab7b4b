/** Turns checked settings into the shape that the controller gets. */
import type { ClusterSettings, HealthSettings, SchedulerSettings, Settings } from "../core/settings.ts";
import type { WrittenCluster, WrittenHealth, WrittenScheduler, WrittenSettings } from "./schema.ts";

export const complete = (written: WrittenSettings): Settings => ({
  ...written,
  alerts: present(written.alerts),
  clusters: Object.fromEntries(
    Object.entries(written.clusters).map(([name, cluster]) => [name, completeCluster(cluster)]),
  ),
});

const completeCluster = ({ health, nodes, scheduler, ...rest }: WrittenCluster): ClusterSettings => ({
  ...rest,
  nodes: present(nodes),
  scheduler: completeScheduler(scheduler),
  ...(health?.enabled === true ? { health: completeHealth(health) } : {}),
});

/** The rules have made sure that a second opinion has a command, if only its profile's. */
const completeScheduler = ({ secondOpinion, ...scheduler }: WrittenScheduler): SchedulerSettings => {
  if (secondOpinion === undefined) return present(scheduler);
  const { command = "", everyMinutes } = secondOpinion;
  const { user = scheduler.user, activate = scheduler.activate } = secondOpinion;
  return {
    ...present(scheduler),
    secondOpinion: { command, everyMinutes, ...present({ user, activate }) },
  };
};

/** The rules have made sure that there is either a URL or a command. */
const completeHealth = (health: WrittenHealth): HealthSettings => {
  const { url, command, jsonPath, equals, answeredBy, timeoutSeconds, failures } = health;
  return url === undefined
    ? { kind: "command", command: command ?? "", timeoutSeconds, failures }
    : { kind: "url", url, ...present({ jsonPath, equals }), answeredBy, timeoutSeconds, failures };
};

type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Without the keys that stand for nothing: the core tells an absent setting by its absence. */
const present = <T extends object>(value: T): Present<T> =>
  Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Present<T>;

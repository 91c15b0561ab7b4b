/**
 * Fills in from a cluster's profile what its settings leave out, before anything is checked: so every rule judges what
 * will be deployed, and a fault can say that a value is the profile's. What a person wrote is never changed.
 */
import { PROFILE_NAMES } from "../core/settings.ts";
import { lookUp } from "./faults.ts";
import { type Given, PROFILES, type Profile, type ProfilePath } from "./profiles.ts";

/** What became of one of the profile's values. */
export interface Choice {
  readonly path: ProfilePath;
  readonly given: Given;
  /** `overridden`: the settings have a value of their own. `left-out`: something else in them takes its place. */
  readonly became: "taken" | "overridden" | "left-out";
  /** The settings' own value, where overridden; the reason, where left out. */
  readonly instead?: unknown;
}

export interface AppliedProfile {
  readonly cluster: string;
  readonly profile: Profile;
  readonly choices: readonly Choice[];
}

export interface Filled {
  /** The settings as written, with the profiles' values where they had none. */
  readonly filled: unknown;
  readonly applied: readonly AppliedProfile[];
}

type Map = Readonly<Record<string, unknown>>;

const isMap = (value: unknown): value is Map =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Settings that are no map, or name no profile that there is, come back as they are: the schema says what is wrong. */
export const applyProfiles = (written: unknown): Filled => {
  if (!isMap(written) || !isMap(written["clusters"])) return { filled: written, applied: [] };
  const applied: AppliedProfile[] = [];
  const clusters = Object.entries(written["clusters"]).map(([name, cluster]) => {
    const profile = profileOf(cluster);
    if (profile === undefined || !isMap(cluster)) return [name, cluster] as const;
    const choices = choose(cluster, profile);
    applied.push({ cluster: name, profile, choices });
    return [name, fill(cluster, choices)] as const;
  });
  return { filled: { ...written, clusters: Object.fromEntries(clusters) }, applied };
};

const profileOf = (cluster: unknown): Profile | undefined => {
  const found = lookUp(cluster, ["scheduler", "profile"]);
  const name = PROFILE_NAMES.find((known) => found !== "absent" && found.value === known);
  return name && PROFILES[name];
};

/**
 * Why a value of the profile makes no sense beside these settings: a command has no unit, and a check of one's own has its
 * own limits. Beside a unit a pattern is asked for by whoever wants it: what matches is stopped, another cluster's, too.
 */
const obstacleTo = (path: ProfilePath, cluster: Map): string | undefined => {
  const has = (...field: readonly string[]): boolean => lookUp(cluster, field) !== "absent";
  const is = (field: readonly string[], value: unknown): boolean => {
    const found = lookUp(cluster, field);
    return found !== "absent" && found.value === value;
  };
  if (path === "scheduler.unit") return has("scheduler", "start") ? "beside scheduler.start" : undefined;
  if (path === "scheduler.killMode") {
    if (has("scheduler", "start")) return "beside scheduler.start";
    return is(["guard"], "off") ? "with guard off" : undefined;
  }
  if (path === "scheduler.pattern") return has("scheduler", "start") ? undefined : "without scheduler.start";
  // A question that nobody asks for is not asked.
  if (path === "scheduler.secondOpinion.command")
    return has("scheduler", "secondOpinion") ? undefined : "without scheduler.secondOpinion";
  if (!path.startsWith("health.")) return undefined;
  if (has("health", "command")) return "beside health.command";
  return is(["health", "enabled"], false) ? "with health.enabled false" : undefined;
};

const choose = (cluster: Map, { values }: Profile): readonly Choice[] =>
  (Object.entries(values) as [ProfilePath, Given][]).map(([path, given]): Choice => {
    const own = lookUp(cluster, path.split("."));
    if (own !== "absent") return { path, given, became: "overridden", instead: own.value };
    const obstacle = obstacleTo(path, cluster);
    return obstacle === undefined
      ? { path, given, became: "taken" }
      : { path, given, became: "left-out", instead: obstacle };
  });

const fill = (cluster: Map, choices: readonly Choice[]): Map =>
  choices
    .filter(({ became }) => became === "taken")
    .reduce((filled, { path, given }) => withValue(filled, path.split("."), given.value), cluster);

/** Sections that are no maps stay as they are. */
const withValue = (map: Map, [first = "", ...rest]: readonly string[], value: unknown): Map => {
  if (rest.length === 0) return { ...map, [first]: value };
  const section = map[first] ?? {};
  return isMap(section) ? { ...map, [first]: withValue(section, rest, value) } : map;
};

/** What synthesis prints of a profile: each value, whose it is, and why. */
export const describeProfile = ({ cluster, profile, choices }: AppliedProfile): string =>
  [
    `cluster ${cluster}: profile ${profile.name}, ${profile.says}; ${profile.tried === undefined ? "UNTESTED" : `tried with ${profile.tried}`}`,
    ...choices.map(
      (choice) => `  ${choice.path.padEnd(31)} ${valueOf(choice).padEnd(30)} ${wordsOf(choice)}`,
    ),
  ].join("\n");

const valueOf = ({ became, given, instead }: Choice): string => {
  if (became === "left-out") return "-";
  return became === "overridden" ? JSON.stringify(instead) : String(given.value);
};

const wordsOf = ({ became, given, instead }: Choice): string => {
  if (became === "taken") return `profile: ${given.reason}`;
  if (became === "overridden") return `settings, in place of the profile's ${given.value}`;
  return `left out ${String(instead)}: the profile has ${given.value}`;
};

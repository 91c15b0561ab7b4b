/** What the deployment hands to the function: read once, at the cold start, and complete or refused as a whole. */
import type { Settings } from "../lib/core/settings.ts";

export interface Environment {
  readonly table: string;
  /** The table's ARN: names this deployment to the nodes. */
  readonly owner: string;
  /** Name of the Command document, by cluster. */
  readonly documents: Readonly<Record<string, string>>;
  readonly dashboardUrl: string;
  /** Namespace of the metrics. */
  readonly namespace: string;
  readonly functionName: string;
  readonly region: string;
  readonly settings: Settings;
}

/** Names every variable that is wrong, since a function that does not start tells nothing else. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
}

export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * `settingsText` is the `settings.json` that synth checked and put beside the bundle; here it is only looked at whether
 * it belongs to this environment.
 * @throws EnvironmentError with all faults
 */
export function readEnvironment(variables: Variables, settingsText: string): Environment {
  const faults: string[] = [];
  const required = (name: string): string => {
    const value = variables[name]?.trim() ?? "";
    if (value === "") faults.push(`${name} is missing`);
    return value;
  };
  const documents = readDocuments(required("DOCUMENTS"), variables["DOCUMENT_PREFIX"], faults);
  const settings = readSettings(settingsText, faults);
  for (const cluster of Object.keys(settings?.clusters ?? {})) {
    if (documents && !documents[cluster]) faults.push(`DOCUMENTS has no document for the cluster ${cluster}`);
  }
  const rest = {
    table: required("TABLE_NAME"),
    owner: required("OWNER"),
    dashboardUrl: required("DASHBOARD_URL"),
    namespace: required("POWERTOOLS_METRICS_NAMESPACE"),
    functionName: required("AWS_LAMBDA_FUNCTION_NAME"),
    region: required("AWS_REGION"),
  };
  if (faults.length > 0 || !documents || !settings) {
    throw new EnvironmentError(`the function's environment is not usable: ${faults.join("; ")}`);
  }
  return Object.freeze({ ...rest, documents: Object.freeze(documents), settings });
}

/**
 * Names by cluster. A function's environment has 4 KB, too few for the names of 50 clusters: where a prefix is given, a
 * name is that prefix, the cluster's name and what stands here.
 */
function readDocuments(
  text: string,
  prefix: string | undefined,
  faults: string[],
): Record<string, string> | undefined {
  if (text === "") return undefined;
  const value = parseJson(text);
  if (isObject(value) && Object.values(value).every((name) => typeof name === "string" && name !== "")) {
    const names = Object.entries(value as Record<string, string>);
    if (prefix === undefined) return Object.fromEntries(names);
    return Object.fromEntries(names.map(([cluster, end]) => [cluster, `${prefix}${cluster}-${end}`]));
  }
  faults.push(`DOCUMENTS is not a JSON object of document names by cluster: ${text}`);
  return undefined;
}

function readSettings(text: string, faults: string[]): Settings | undefined {
  const value = parseJson(text);
  if (isObject(value) && isObject(value["clusters"]) && Object.keys(value["clusters"]).length > 0) {
    return value as unknown as Settings;
  }
  faults.push("settings.json is not the settings of at least one cluster");
  return undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

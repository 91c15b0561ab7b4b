/**
 * The SSM Command document of one cluster: the node's script with the cluster's settings in front of it. It is what
 * the controller may send, and all of it: whoever holds the controller's role can start and stop a scheduler, not run
 * a shell.
 *
 * The agent replaces `{{ Name }}` by the parameter's text, without any quoting, in every version there is. That is safe
 * here because every parameter is pattern-constrained (lib/core/converge.ts) and stands between single quotes. The
 * settings are baked in between single quotes too; nothing in the text looks like a parameter or holds two dollar
 * signs in a row, so no step of the agent's substitution can change it.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { CONVERGE_PARAMETERS, CONVERGE_PATTERNS, MODES, MODES_OF_OTHERS } from "./core/converge.ts";
import type { ConvergeParameter } from "./core/converge.ts";
import { LIMITS } from "./core/settings.ts";
import type { ClusterSettings } from "./core/settings.ts";

export interface DocumentParameter {
  readonly type: "String";
  readonly description: string;
  readonly allowedPattern?: string;
  readonly allowedValues?: readonly string[];
}

/** Command document, schema 2.2. */
export interface DocumentContent {
  readonly schemaVersion: "2.2";
  readonly description: string;
  readonly parameters: Readonly<Record<ConvergeParameter, DocumentParameter>>;
  readonly mainSteps: readonly [
    {
      readonly action: "aws:runShellScript";
      readonly name: string;
      readonly precondition: { readonly StringEquals: readonly [string, string] };
      readonly inputs: { readonly timeoutSeconds: string; readonly runCommand: readonly string[] };
    },
  ];
}

/** Run Command refuses a larger document, in bytes. */
export const LARGEST_DOCUMENT = 64 * 1024;

const FOLDER = new URL("../lambda/node/", import.meta.url);

/** Throws an error that names every setting that cannot be put into a document. */
export function documentContent(cluster: string, settings: ClusterSettings): DocumentContent {
  const baked = bakedSettings(settings);
  const faults = faultsOf(cluster, baked);
  if (faults.length > 0) throw new Error(`cluster ${cluster}: ${faults.join("; ")}`);
  const content: DocumentContent = {
    schemaVersion: "2.2",
    description: `Converge of cluster ${cluster}: the desired state of its scheduler; answers with what the node found and did.`,
    parameters: documentParameters(cluster),
    mainSteps: [
      {
        action: "aws:runShellScript",
        name: "converge",
        precondition: { StringEquals: ["platformType", "Linux"] },
        inputs: {
          timeoutSeconds: String(LIMITS.executionSeconds),
          // The agent puts line breaks between the entries. The script is one, since each entry has three more bytes.
          runCommand: [...preamble(baked), scriptLines(settings).join("\n")],
        },
      },
    ],
  };
  const size = Buffer.byteLength(JSON.stringify(content));
  if (size > LARGEST_DOCUMENT)
    throw new Error(`cluster ${cluster}: the document has ${size} bytes, more than ${LARGEST_DOCUMENT}`);
  return content;
}

/** The same content has the same hash: part of the document's name, so that old and new controller each have theirs. */
export function documentHash(content: DocumentContent): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 12);
}

/** A shell's script of user data may be so large, in bytes. */
export const LARGEST_USER_DATA = 16 * 1024;

/**
 * The script that installs guard and gate before the first converge, for an image or as user data. Throws as
 * `documentContent` does.
 */
export function nodeSetup(cluster: string, settings: ClusterSettings): string {
  const baked = bakedSettings(settings);
  const faults = faultsOf(cluster, baked);
  if (faults.length > 0) throw new Error(`cluster ${cluster}: ${faults.join("; ")}`);
  const { SET_UNIT = "", SET_KILL_MODE = "", SET_GUARD = "", SET_GRACE_SECONDS = "" } = baked;
  const assigned = { ARG_CLUSTER: cluster, SET_UNIT, SET_KILL_MODE, SET_GUARD, SET_GRACE_SECONDS };
  const [shebang = "", ...lines] = withoutComments(nodeScript("node-setup.sh"));
  return [shebang, ...assignments(assigned), ...lines, ""].join("\n");
}

const DESCRIPTIONS: Readonly<Record<ConvergeParameter, string>> = {
  Cluster: "The cluster.",
  Owner: "The table of the deployment that sends this.",
  Active: "The instance that may run the scheduler, or none.",
  Life: "The life of that instance that the grant is made out to.",
  Mode: "What is asked of that instance.",
  Others: "What is asked of all others.",
  Token: "The plan's fencing number.",
  Until: "The end of the grant, Unix milliseconds.",
  Invocation: "The invocation that a restart stops first, or none.",
  TakeOver: "The table of another deployment whose stamp this one replaces, or none.",
};

function documentParameters(cluster: string): DocumentContent["parameters"] {
  const listed: Partial<Record<ConvergeParameter, readonly string[]>> = {
    Cluster: [cluster],
    Mode: MODES,
    Others: MODES_OF_OTHERS,
  };
  const patterns: Partial<Record<ConvergeParameter, string>> = CONVERGE_PATTERNS;
  const all = CONVERGE_PARAMETERS.map((name): [ConvergeParameter, DocumentParameter] => {
    const values = listed[name];
    const allowed = values ? { allowedValues: values } : { allowedPattern: patterns[name] ?? "^$" };
    return [name, { type: "String", description: DESCRIPTIONS[name], ...allowed }];
  });
  return Object.fromEntries(all) as Record<ConvergeParameter, DocumentParameter>;
}

/** The settings that the script reads, under its names. An absent one is the empty text. */
function bakedSettings({
  scheduler,
  health,
  timers,
  guard,
}: ClusterSettings): Readonly<Record<string, string>> {
  return {
    SET_UNIT: scheduler.unit ?? "",
    SET_KILL_MODE: scheduler.killMode ?? "control-group",
    SET_START: scheduler.start ?? "",
    SET_STOP: scheduler.stop ?? "",
    SET_PID_FILE: scheduler.pidFile ?? "",
    SET_PATTERN: scheduler.pattern ?? "",
    SET_USER: scheduler.user ?? "",
    SET_ACTIVATE: scheduler.activate ?? "",
    SET_HEALTH_URL: health?.kind === "url" ? health.url : "",
    SET_HEALTH_PORT: listenedPort(health),
    SET_HEALTH_COMMAND: health?.kind === "command" ? health.command : "",
    SET_HEALTH_SECONDS: String(health?.timeoutSeconds ?? 0),
    SET_OPINION: scheduler.secondOpinion?.command ?? "",
    SET_OPINION_MINUTES: String(scheduler.secondOpinion?.everyMinutes ?? 0),
    SET_OPINION_USER: scheduler.secondOpinion?.user ?? "",
    SET_OPINION_ACTIVATE: scheduler.secondOpinion?.activate ?? "",
    SET_GRANT_SECONDS: String(timers.grantSeconds),
    SET_GRACE_SECONDS: String(timers.killGraceSeconds),
    SET_SKEW_SECONDS: String(timers.skewSeconds),
    SET_SETTLE_SECONDS: String(timers.settleSeconds),
    SET_GUARD: guard,
  };
}

/** The port at which only the scheduler's own processes may listen, or the empty text. */
function listenedPort(health: ClusterSettings["health"]): string {
  if (health?.kind !== "url" || health.answeredBy === "anybody") return "";
  const { port, protocol } = new URL(health.url);
  return port || (protocol === "https:" ? "443" : "80");
}

const UNQUOTABLE = /\p{Cc}|\u2028|\u2029/u;

function faultsOf(cluster: string, baked: Readonly<Record<string, string>>): readonly string[] {
  const faults = Object.entries(baked).flatMap(([name, value]) => [
    ...(value.includes("{{") ? [`${name} must not contain "{{", which Run Command replaces: ${value}`] : []),
    ...(UNQUOTABLE.test(value) ? [`${name} must be one line without control characters: ${value}`] : []),
  ]);
  for (const name of ["SET_PID_FILE", "SET_ACTIVATE", "SET_OPINION_ACTIVATE"] as const) {
    const path = baked[name] ?? "";
    if (path !== "" && !path.startsWith("/")) faults.push(`${name} must be an absolute path: ${path}`);
  }
  if (!baked["SET_UNIT"] === !baked["SET_START"])
    faults.push("exactly one of SET_UNIT and SET_START must be given");
  if (!new RegExp(CONVERGE_PATTERNS.Cluster).test(cluster))
    faults.push(`its name must match ${CONVERGE_PATTERNS.Cluster}`);
  return faults;
}

function preamble(baked: Readonly<Record<string, string>>): readonly string[] {
  return [
    ...CONVERGE_PARAMETERS.map((name) => `ARG_${name.toUpperCase()}='{{ ${name} }}'`),
    ...assignments(baked),
  ];
}

const assignments = (values: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(values).map(([name, value]) => `${name}=${quoted(value)}`);

/** For any shell; between two dollar signs in a row the quotes are closed and opened again. */
function quoted(value: string): string {
  const escaped = value.replaceAll("'", () => String.raw`'\''`);
  return `'${escaped.replaceAll(/\$(?=\$)/g, () => "$''")}'`;
}

/** Parts that not every cluster's script has, since a document has 64 KB; converge.sh calls them only where they are asked for. */
const OPTIONAL_PARTS: Readonly<Record<string, (settings: ClusterSettings) => boolean>> = {
  "health-url.sh": ({ health }) => health?.kind === "url",
  "opinion.sh": ({ scheduler }) => scheduler.secondOpinion !== undefined,
};

/** Lines of comment stay in the repository too. See `withoutComments`. */
function scriptLines(settings: ClusterSettings): readonly string[] {
  return withoutComments(nodeScript("converge.sh", (part) => OPTIONAL_PARTS[part]?.(settings) ?? true));
}

/** Nor does what stands before a command, but half of it in the guard, which people read on a node. */
function withoutComments(lines: readonly string[]): readonly string[] {
  let inGuard = false;
  const kept = lines.filter((line) => !/^\s*(#(?!!).*)?$/.test(line));
  return kept.map((line) => {
    if (line.includes("END_OF_GUARD")) inGuard = line !== "END_OF_GUARD";
    return inGuard ? line.replace(/^ +/, (indent) => " ".repeat(indent.length / 2)) : line.trimStart();
  });
}

/** A script of lambda/node as it is deployed, comments and all: each `# include: FILE` is that file's text, if wanted. */
export function nodeScript(name: string, wants: (part: string) => boolean = () => true): readonly string[] {
  return readFileSync(new URL(name, FOLDER), "utf8")
    .trimEnd()
    .split("\n")
    .flatMap((line) => {
      const included = /^# include: ([a-z-]+\.sh)$/.exec(line)?.[1];
      if (included === undefined) return [line];
      return wants(included) ? nodeScript(included, wants) : [];
    });
}

/**
 * From what a node's command printed to its report. The line is the only evidence: a command that succeeded without a
 * well-formed one, or with one for another plan, has said nothing. docs/contracts.md has the fields.
 */
import type { NodeFacts, NodeReport, NodeState } from "./model.ts";

const STATES = ["running", "stopped", "starting", "stopping", "busy", "refused", "overridden"] as const;
const GUARDS = ["armed", "none", "failed"] as const;
const GATES = ["installed", "none", "failed"] as const;

/** The line is shorter than this, in characters: Run Command hands over no more. */
export const LONGEST_LINE = 2500;

/** What a report must name to be an answer to this plan by this node. */
export interface ExpectedReport {
  readonly cluster: string;
  readonly node: string;
  readonly token: number;
}

/** The last well-formed line decides: whatever the agent or a login script printed before it does not matter. */
export function parseNodeLine(output: string, expected: ExpectedReport): NodeReport | undefined {
  const lines = output.split("\n").toReversed();
  for (const line of lines) {
    const parsed = parseLine(line.trim());
    if (parsed) return answers(parsed, expected) ? parsed.report : undefined;
  }
  return undefined;
}

interface ParsedLine {
  readonly cluster: string;
  readonly node: string;
  readonly report: NodeReport;
}

function answers(parsed: ParsedLine, expected: ExpectedReport): boolean {
  return (
    parsed.cluster === expected.cluster &&
    parsed.node === expected.node &&
    parsed.report.token === expected.token
  );
}

function parseLine(line: string): ParsedLine | undefined {
  if (!line.startsWith("{") || line.length >= LONGEST_LINE) return undefined;
  let raw: unknown;
  try {
    raw = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof raw !== "object" || raw === null) return undefined;
  const fields = new Fields(raw as Readonly<Record<string, unknown>>);
  if (fields.count("v") !== 1) return undefined;
  const cluster = fields.text("cluster", 64);
  const node = fields.text("node", 40);
  const health = fields.section("health");
  const opinion = fields.section("opinion");
  const facts = fields.has("facts") ? readFacts(fields.text("facts", 96)) : undefined;
  const report = { ...readReport(fields, health, opinion), ...(facts ? { facts } : {}) };
  return fields.broken || health?.broken || opinion?.broken ? undefined : { cluster, node, report };
}

function readReport(fields: Fields, health: Fields | undefined, opinion: Fields | undefined): NodeReport {
  return {
    token: fields.count("token"),
    seen: fields.count("seen"),
    life: fields.text("life", 80),
    clock: fields.count("clock"),
    state: fields.oneOf<NodeState>("state", STATES),
    pids: fields.counts("pids"),
    since: fields.count("since"),
    restarts: fields.count("restarts"),
    invocation: fields.text("invocation", 80),
    guard: fields.oneOf("guard", GUARDS),
    gate: fields.oneOf("gate", GATES),
    grantUntil: fields.count("grantUntil"),
    ...(health ? { health: { code: health.count("code"), body: health.decoded("body64") } } : {}),
    ...(opinion
      ? { opinion: { code: opinion.count("code"), at: opinion.count("at"), body: opinion.decoded("body64") } }
      : {}),
    ...(fields.has("host") ? { host: fields.text("host", 64) } : {}),
    log: fields.decoded("log64"),
    reason: fields.text("reason", 200),
  };
}

/** Words of systemd.service(5); every other word is of systemctl(1), on how a unit is enabled. */
const RESTARTS = ["no", "always", "on-success", "on-failure", "on-abnormal", "on-abort", "on-watchdog"];

/**
 * `252 0 on-failure disabled predecessor-at-boot links-14`: systemd's version, the predecessor's process, and words in any
 * order: the unit's two, and what else is so. It is no evidence, so that what cannot be read is left out.
 */
function readFacts(text: string): NodeFacts | undefined {
  const [, systemd, predecessor, rest = ""] =
    /^(\d{1,5}) (\d{1,7})((?: [a-z0-9-]{1,20}){0,4})$/.exec(text) ?? [];
  if (predecessor === undefined) return undefined;
  const words = rest.split(" ").filter((word) => word !== "");
  const ofUnit = words.filter((word) => word !== AT_BOOT && !LINKS.test(word));
  const folders = foldersOf(Number(words.flatMap((word) => LINKS.exec(word) ?? [])[1] ?? 0));
  return {
    systemd: Number(systemd),
    predecessor: Number(predecessor),
    restart: ofUnit.find((word) => RESTARTS.includes(word)) ?? "",
    enabled: ofUnit.find((word) => !RESTARTS.includes(word)) ?? "",
    ...(words.includes(AT_BOOT) ? { predecessorAtBoot: true } : {}),
    ...(folders === undefined ? {} : { agentFolders: folders }),
  };
}

const AT_BOOT = "predecessor-at-boot";
const LINKS = /^links-(\d{1,9})$/;

/**
 * A directory has two links, and one for each folder in it. One alone: its filesystem does not count them, or not so far,
 * as ext4 beyond 64,998. None: there is no such directory.
 */
function foldersOf(links: number): number | undefined {
  return links === 0 ? undefined : links === 1 ? -1 : links - 2;
}

/** Reads fields one by one and remembers whether any of them was not what it must be. */
class Fields {
  broken = false;
  private readonly raw: Readonly<Record<string, unknown>>;

  constructor(raw: Readonly<Record<string, unknown>>) {
    this.raw = raw;
  }

  fail<T>(instead: T): T {
    this.broken = true;
    return instead;
  }

  has(name: string): boolean {
    return this.raw[name] !== undefined;
  }

  /** A whole number that is exact and not negative. */
  count(name: string): number {
    const value = this.raw[name];
    return isCount(value) ? value : this.fail(0);
  }

  counts(name: string): readonly number[] {
    const value = this.raw[name];
    return Array.isArray(value) && value.every(isCount) ? value : this.fail([]);
  }

  text(name: string, longest: number): string {
    const value = this.raw[name];
    return typeof value === "string" && value.length <= longest ? value : this.fail("");
  }

  oneOf<T extends string>(name: string, valid: readonly T[]): T {
    const value = this.raw[name];
    const [first] = valid;
    return valid.find((each) => each === value) ?? this.fail(first as T);
  }

  /** UTF-8 in base64; a character that was cut in two at the end becomes a replacement character. */
  decoded(name: string): string {
    const value = this.raw[name];
    const text = typeof value === "string" ? decodeBase64(value) : undefined;
    return text ?? this.fail("");
  }

  section(name: string): Fields | undefined {
    const value = this.raw[name];
    if (value === undefined) return undefined;
    return new Fields(
      typeof value === "object" && value !== null
        ? (value as Readonly<Record<string, unknown>>)
        : this.fail({}),
    );
  }
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function decodeBase64(value: string): string | undefined {
  if (!BASE64.test(value)) return undefined;
  const bytes = Uint8Array.from(atob(value), (character) => character.charCodeAt(0));
  return new TextDecoder().decode(bytes);
}

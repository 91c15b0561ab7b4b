/** A state of the small world, and its canonical form: two states alike in it have the same future. */
import { createHash } from "node:crypto";
import type { ClusterRecord, Instant, NodeId, NodeReport, Plan } from "../../lib/core/model.ts";
import type { Expected } from "../../lib/core/ports.ts";
import type { NodeModel } from "../simulation/node.ts";
import type { Accepted } from "../simulation/node.ts";
import type { TickIdentity, Trace } from "./trace.ts";

/** One command to one node. */
export interface Command {
  readonly plan: Plan;
  readonly node: NodeId;
  /** `sent`: on its way. `running`: the script has accepted it and not answered yet. */
  readonly step: "sent" | "running";
  readonly accepted?: Accepted;
}

export interface Tick extends TickIdentity {
  readonly trace: Trace;
  readonly clockAhead: number;
}

/** How much may still happen. `faults` bounds all kinds together. */
export interface Budget {
  readonly ticks: number;
  readonly faults: number;
  readonly passes: number;
  readonly wishes: number;
  readonly kinds: Readonly<Record<string, number>>;
}

export interface State {
  readonly now: Instant;
  readonly nodes: readonly NodeModel[];
  /** What EC2 says of each node. */
  readonly words: readonly string[];
  readonly record: ClusterRecord | undefined;
  readonly commands: readonly Command[];
  readonly replies: readonly { readonly token: number; readonly node: NodeId; readonly report: NodeReport }[];
  readonly lateWrites: readonly {
    readonly next: ClusterRecord;
    readonly expected: Expected;
    readonly wish: string | undefined;
  }[];
  readonly ticks: readonly (Tick | undefined)[];
  readonly begun: number;
  readonly left: Budget;
}

export interface Step {
  readonly label: string;
  readonly state: State;
}

/** The clocks: of the two nodes, and of the ticks in either place. */
export interface Clocks {
  readonly nodes: readonly [number, number];
  readonly ticks: readonly [number, number];
}

/** What has no bearing on what happens next, or only on words. */
const WITHOUT = new Set([
  "sentence",
  "outbox",
  "newsAt",
  "transitions",
  "strayMailedAt",
  "lease",
  "dueAt",
  "downSince",
  "reportedAt",
  "problem",
  "last",
  "owner",
  "cluster",
  "schema",
  "made",
  "context",
  "at",
  "killAt",
]);

/**
 * An instant as long ago as this, in milliseconds, is as good as an older one: a start has had its cooldown, a phase its kill grace and a hiccup, a silence its hiccup; a retry is due or is not.
 */
const FORGOTTEN: Readonly<Record<string, number>> = {
  startedAt: 301_000,
  since: 61_000,
  silentSince: 31_000,
  retryAt: 0,
};

/** Instants and tokens are numbers as large as this. */
const LARGE = 1e12;

export function hashOf(state: State): string {
  return createHash("md5").update(canonical(state)).digest("base64").slice(0, 16);
}

/** Instants become distances from now, tokens their rank, names the order in which they are met. */
export function canonical(state: State): string {
  const tokens = tokensOf(state);
  const names = new Map<string, number>();
  /** A node's clock has its say when its answer is read. */
  let isRead = true;
  const write = (value: unknown, key: string): string => {
    if (typeof value === "number") return number(value, key);
    if (typeof value === "string")
      return key === "nonce" || key === "invocation" || key === "life" || key === "name"
        ? name(value)
        : value;
    if (value === null || typeof value !== "object") return String(value);
    if (value instanceof Error) return "error";
    if (value instanceof Map)
      return `{${[...value].map(([id, each]) => `${String(id)}:${write(each, "")}`).join()}}`;
    if (Array.isArray(value)) return `[${value.map((each) => write(each, key)).join()}]`;
    const entries = Object.entries(value).filter(
      ([each, of]) => of !== undefined && !WITHOUT.has(each) && !(isRead && each === "clock"),
    );
    return `{${entries.map(([each, of]) => `${each}:${write(of, each)}`).join()}}`;
  };
  const number = (value: number, key: string): string => {
    if (value < LARGE) return key === "nonce" || key === "boot" ? `#${name(String(value))}` : String(value);
    const rank = tokens.get(value);
    return rank === undefined || !TOKEN_KEYS.has(key)
      ? `@${Math.max(value - state.now, -(FORGOTTEN[key] ?? 400_000))}`
      : `T${rank}`;
  };
  const name = (value: string): string => {
    if (value === "none" || value === "unknown") return value;
    const known = names.get(value) ?? names.size;
    names.set(value, known);
    return `n${known}`;
  };
  const { nodes, words, record, commands, replies, lateWrites, left } = state;
  const ticks = state.ticks.map((tick) => write(tick && inFlight(state, tick), ""));
  const read = [
    write(record, ""),
    write(nodes, ""),
    words.join(),
    write(commands, ""),
    write(lateWrites, ""),
    ...ticks,
  ];
  isRead = false;
  return [...read, write(replies, ""), JSON.stringify(left)].join("\n");
}

const TOKEN_KEYS = new Set(["token", "seen", "byToken"]);

/** No round begins when a tick is as old as this. */
const OLD = 15_000;

/**
 * What a tick in flight will still do follows from what it waits for, what it last read or wrote, what EC2 told it, and
 * its age: not from how it came there.
 */
function inFlight(state: State, tick: Tick): unknown {
  const { request } = tick.trace;
  const base = lastRecord(tick.trace);
  const isNewest = base?.token === state.record?.token && base?.nonce === state.record?.nonce;
  return {
    clockAhead: tick.clockAhead,
    request,
    base: isNewest ? base?.request : base,
    isNewest,
    words: lastWords(tick.trace),
    age: Math.min(OLD, tick.trace.at - beginOf(tick.trace).at),
  };
}

function beginOf(trace: Trace): Trace {
  return trace.before ? beginOf(trace.before) : trace;
}

/** The record as the tick last read it, or last wrote it for certain. */
export function lastRecord(trace: Trace): ClusterRecord | undefined {
  for (let each: Trace | undefined = trace; each?.before; each = each.before) {
    const asked = each.before.request;
    if (asked?.kind === "read" && !(each.answer instanceof Error))
      return each.answer as ClusterRecord | undefined;
    if (asked?.kind === "write" && each.answer === "written") return asked.next;
  }
  return undefined;
}

function lastWords(trace: Trace): unknown {
  for (let each: Trace | undefined = trace; each?.before; each = each.before) {
    if (each.before.request?.kind === "discover") return each.answer;
  }
  return undefined;
}

function tokensOf(state: State): ReadonlyMap<number, number> {
  const found = new Set<number>();
  const add = (value: unknown): void => {
    if (value === null || typeof value !== "object") return;
    if (value instanceof Map) {
      for (const each of value.values()) add(each);
      return;
    }
    for (const [key, each] of Object.entries(value)) {
      if (typeof each === "number") {
        if (TOKEN_KEYS.has(key) && each >= LARGE) found.add(each);
      } else if (!WITHOUT.has(key)) add(each);
    }
  };
  add(state.record);
  add(state.nodes);
  add(state.commands);
  add(state.replies);
  add(state.lateWrites);
  for (const tick of state.ticks) if (tick) add(inFlight(state, tick));
  return new Map([...found].sort((a, b) => a - b).map((token, rank) => [token, rank]));
}

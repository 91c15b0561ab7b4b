/**
 * The shipped tick, one port call at a time. A tick is a function of the answers that it got: a trace is the list of
 * these answers, and what the tick does after them is found by running it from its beginning with the answers given.
 */
import { tickCluster } from "../../lambda/tick.ts";
import type { TickContext } from "../../lambda/tick.ts";
import type {
  ClusterRecord,
  DiscoveredNode,
  HistoryEntry,
  Instant,
  NodeId,
  NodeReport,
  Plan,
} from "../../lib/core/model.ts";
import type { EventNews, Expected, Mail, Ports, SentPlan, WriteOutcome } from "../../lib/core/ports.ts";
import { settle } from "../simulation/timeline.ts";

/** What the tick waits for. */
export type Request =
  | { readonly kind: "read" | "discover" | "sleep" | "collect" }
  | {
      readonly kind: "write";
      readonly next: ClusterRecord;
      readonly expected: Expected;
      readonly wish: string | undefined;
    }
  | { readonly kind: "send"; readonly plan: Plan; readonly nodes: readonly NodeId[] }
  | { readonly kind: "append"; readonly entry: HistoryEntry }
  | { readonly kind: "mail"; readonly mail: Mail }
  | { readonly kind: "publish"; readonly entries: readonly EventNews[] }
  | { readonly kind: "ended"; readonly error?: unknown };

export type Answer =
  | ClusterRecord
  | readonly DiscoveredNode[]
  | SentPlan
  | ReadonlyMap<NodeId, NodeReport>
  | WriteOutcome
  | readonly undefined[]
  | undefined
  | Error;

/** The end of a list of answers, newest first. */
export interface Trace {
  readonly before: Trace | undefined;
  readonly answer: Answer;
  /** The tick's clock when it got the answer. */
  readonly at: Instant;
  /** Worked out once. */
  request?: Request;
}

export interface TickIdentity {
  readonly name: string;
  readonly context: TickContext;
}

/** What the tick does after the answers of a trace. */
export async function requestAfter(trace: Trace, tick: TickIdentity): Promise<Request> {
  if (trace.request) return trace.request;
  const answers: Trace[] = [];
  for (let each: Trace | undefined = trace; each; each = each.before) answers.push(each);
  const run = new Replay(answers.toReversed());
  tickCluster(run.ports(tick.name), tick.context).then(
    () => run.ended({ kind: "ended" }),
    (error: unknown) => run.ended({ kind: "ended", error }),
  );
  await settle();
  if (!run.request) throw new Error("the tick waits for something that is no port");
  trace.request = run.request;
  return run.request;
}

/** The first element of a trace only says when the tick began. */
export function begin(at: Instant): Trace {
  return { before: undefined, answer: undefined, at };
}

class Replay {
  request: Request | undefined;
  private given = 0;
  private nonces = 0;
  private readonly answers: readonly Trace[];

  constructor(answers: readonly Trace[]) {
    this.answers = answers;
  }

  ended(request: Request): void {
    this.request ??= request;
  }

  private ask<T extends Answer>(request: Request): Promise<T> {
    const next = this.answers[this.given + 1];
    if (!next) {
      this.request ??= request;
      return new Promise(() => undefined);
    }
    this.given += 1;
    return next.answer instanceof Error ? Promise.reject(next.answer) : Promise.resolve(next.answer as T);
  }

  ports(name: string): Ports {
    return {
      store: {
        read: () => this.ask({ kind: "read" }),
        write: (next, expected, wish) => this.ask({ kind: "write", next, expected, wish }),
        appendHistory: async (_, entry) => void (await this.ask({ kind: "append", entry })),
        readHistory: () => Promise.reject(new Error("a tick reads no history")),
        putWish: () => Promise.reject(new Error("a tick puts no wish")),
        claimLoop: () => Promise.reject(new Error("the loop's, not a tick's")),
      },
      nodes: {
        send: (_, __, plan, nodes) => this.ask({ kind: "send", plan, nodes }),
        collect: () => this.ask({ kind: "collect" }),
      },
      directory: {
        discover: () => this.ask({ kind: "discover" }),
        stop: () => Promise.reject(new Error("no fence in this world")),
      },
      alerts: { send: async (mail) => void (await this.ask({ kind: "mail", mail })) },
      events: { publish: (_, entries) => this.ask<readonly undefined[]>({ kind: "publish", entries }) },
      metrics: { put: () => undefined },
      journal: { write: () => undefined },
      clock: {
        now: () => this.answers[this.given]?.at ?? 0,
        sleep: async () => void (await this.ask({ kind: "sleep" })),
      },
      ids: {
        nonce: () => {
          this.nonces += 1;
          return `${name}.${this.nonces}`;
        },
      },
    };
  }
}

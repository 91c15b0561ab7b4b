/** What may happen next in a state of the small world. */
import type { ClusterRecord, DiscoveredNode, NodeId, NodeReport } from "../../lib/core/model.ts";
import type { NodeModel } from "../simulation/node.ts";
import { StoreModel } from "../simulation/store.ts";
import { judgeSend, judgeWrite } from "./judge.ts";
import { commandSteps, nodeSteps, passTo, spend, wishes } from "./nodes.ts";
import { ANSWERED, IN_VAIN, NODES, SECOND, contextOf, settings } from "./settings.ts";
import { lastRecord } from "./state.ts";
import type { Clocks, Command, State, Step, Tick } from "./state.ts";
import { begin, requestAfter } from "./trace.ts";
import type { Answer, Request } from "./trace.ts";

const { skewSeconds } = settings.timers;

export class Explorer {
  private readonly clocks: Clocks;

  constructor(clocks: Clocks) {
    this.clocks = clocks;
  }

  async steps(state: State): Promise<readonly Step[]> {
    const steps: Step[] = [];
    for (const place of [0, 1]) {
      const tick = state.ticks[place];
      if (tick) steps.push(...(await this.stepsOf(state, place, tick)));
      else if (state.left.ticks > 0)
        steps.push({ label: `tick ${state.begun + 1} begins`, state: this.beginTick(state, place) });
      // Which of two free places a tick takes makes no difference but for its clock.
      if (!tick && this.clocks.ticks[0] === this.clocks.ticks[1]) break;
    }
    steps.push(...this.nodeSteps(state));
    for (const [n, late] of state.lateWrites.entries()) {
      const without = { ...state, lateWrites: state.lateWrites.filter((_, m) => m !== n) };
      const applied = applyWrite(without, late);
      if (applied) steps.push({ label: "a write is applied late", state: applied });
    }
    if (state.left.passes > 0) steps.push(...this.passes(state));
    if (state.left.wishes > 0) steps.push(...wishes(state));
    return steps.map(({ label, state: next }) => ({ label, state: pruned(next) }));
  }

  /** What nodes may do: carry out, obey, answer, and fail. */
  nodeSteps(state: State): readonly Step[] {
    return [
      ...state.nodes.flatMap((node, n) => nodeSteps(state, n, node)),
      ...state.commands.flatMap((command, n) => commandSteps(state, n, command)),
    ];
  }

  beginTick(state: State, place: number): State {
    const name = `k${state.begun + 1}`;
    const clockAhead = this.clocks.ticks[place] ?? 0;
    const at = state.now + clockAhead;
    const tick: Tick = { name, context: contextOf(name), clockAhead, trace: begin(at) };
    return {
      ...state,
      ticks: state.ticks.map((each, n) => (n === place ? tick : each)),
      begun: state.begun + 1,
      left: { ...state.left, ticks: state.left.ticks - 1 },
    };
  }

  /** The tick's next call, with all that may come of it; and its death before it. */
  async stepsOf(state: State, place: number, tick: Tick): Promise<readonly Step[]> {
    const request = await requestAfter(tick.trace, tick);
    if (request.kind === "ended") return [];
    const { name } = tick;
    const steps: Step[] = [];
    for (const { label, answer, state: next } of outcomes(state, tick, request)) {
      steps.push({ label: `${name}: ${label}`, state: await this.answered(next, place, tick, answer) });
      const isSave =
        request.kind === "write" && answer === "written" && request.next.token === state.record?.token;
      const dead = isSave ? this.killed(next, place, request) : undefined;
      if (dead) steps.push({ label: `${name}: ${label}, and is killed`, state: dead });
    }
    const killed = this.killed(state, place, request);
    if (killed) steps.push({ label: `${name} is killed before ${request.kind}`, state: killed });
    return steps;
  }

  /** A tick that will never go on is the same, but for its place; one that has only read has done nothing. */
  private killed(state: State, place: number, request: Request): State | undefined {
    if (state.left.ticks === 0 || request.kind === "read" || request.kind === "discover") return undefined;
    return spend({ ...state, ticks: put(state.ticks, place, undefined) }, "kill");
  }

  /** Goes on to the next call whose place among other things matters; a tick that has ended leaves its place. */
  private async answered(state: State, place: number, tick: Tick, answer: Answer): Promise<State> {
    const trace = { before: tick.trace, answer, at: state.now + tick.clockAhead };
    const next: Tick = { ...tick, trace };
    const request = await requestAfter(trace, next);
    const stands = { ...state, ticks: put(state.ticks, place, next) };
    if (request.kind === "ended") return { ...state, ticks: put(state.ticks, place, undefined) };
    if (request.kind === "collect") return this.answered(stands, place, next, collected(state, next));
    // Where no word can change, it does not matter when EC2 is heard.
    if (request.kind === "discover" && !canChange(state))
      return this.answered(stands, place, next, said(state));
    // Nobody but this tick's own last write takes note of it; its death before it is a step of the save.
    if (request.kind === "append" || request.kind === "mail")
      return this.answered(stands, place, next, undefined);
    if (request.kind === "publish") return this.answered(stands, place, next, taken(request.entries));
    return stands;
  }

  /** Time passes: to the next instant at which something is over by somebody's clock, or for a while. */
  private passes(state: State): readonly Step[] {
    const left = { ...state.left, passes: state.left.passes - 1 };
    const deadlines = this.deadlines(state);
    const next = deadlines.length === 0 ? [] : [Math.min(...deadlines)];
    const targets = new Set([...next, state.now + 35 * SECOND]);
    return [...targets].map((at) => ({
      label: `${((at - state.now) / SECOND).toFixed(3)} s pass`,
      state: passTo({ ...state, left }, at),
    }));
  }

  /** Each instant, by each controller's clock, from which on one could think that a grant is over. */
  private deadlines(state: State): readonly number[] {
    const until = state.record?.plan.until ?? 0;
    const stops = Object.values(state.record?.nodes ?? {}).flatMap(({ stopBy }) =>
      typeof stopBy === "number" ? [stopBy] : [],
    );
    const instants = [until, ...stops].flatMap((at) => [at, at + skewSeconds * SECOND]);
    const byClock = instants.flatMap((at) => this.clocks.ticks.map((ahead) => at - ahead + 1));
    return byClock.filter((at) => at > state.now && at < state.now + 1000 * SECOND);
  }
}

/**
 * A tick over whose head another one has written can write no more. Where it does not even have something to send, it
 * is as good as ended.
 */
function isVoid(state: State, { trace }: Tick): boolean {
  const { request } = trace;
  if (request?.kind !== "write" && request?.kind !== "sleep" && request?.kind !== "discover") return false;
  if (!trace.before) return false;
  const base = lastRecord(trace);
  return base?.token !== state.record?.token || base?.nonce !== state.record?.nonce;
}

/** Without what can have no effect any more: void ticks, answers that nobody waits for, commands that every node would refuse. */
function pruned(before: State): State {
  const state = {
    ...before,
    ticks: before.ticks.map((tick) => (tick && isVoid(before, tick) ? undefined : tick)),
  };
  const awaited = new Set(
    state.ticks.flatMap((tick) => (tick?.trace.request?.kind === "sleep" ? [lastSent(tick).token] : [])),
  );
  const { faults, kinds } = state.left;
  const mayForget = faults > 0 && ["crash", "stop", "run"].some((kind) => (kinds[kind] ?? 0) > 0);
  const commands = state.commands.filter(({ plan, node, step }) => {
    if (awaited.has(plan.token)) return true;
    if (step === "running") return false;
    const { seen } = state.nodes[NODES.indexOf(node)] as NodeModel;
    const mode = plan.active === node ? plan.mode : plan.others;
    return mode !== "look" && (plan.token >= seen || mayForget);
  });
  return { ...state, commands, replies: state.replies.filter((each) => awaited.has(each.token)) };
}

interface Outcome {
  readonly label: string;
  readonly answer: Answer;
  readonly state: State;
}

function outcomes(
  state: State,
  tick: Tick,
  request: Exclude<Request, { kind: "ended" }>,
): readonly Outcome[] {
  switch (request.kind) {
    case "read":
      return [{ label: "reads the record", answer: state.record, state }];
    case "discover":
      return discoveries(state);
    case "write":
      return writes(state, request);
    case "send":
      return [sends(state, request)];
    case "sleep":
      return [sleeps(state, tick)];
    case "append":
      return [{ label: `appends ${request.entry.code}`, answer: undefined, state }];
    case "mail":
      return [{ label: "mails", answer: undefined, state }];
    case "publish":
      return [{ label: "publishes", answer: taken(request.entries), state }];
    case "collect":
      throw new Error("collecting belongs to the sleep before it");
  }
}

function taken(entries: readonly unknown[]): readonly undefined[] {
  return entries.map(() => undefined);
}

function said(state: State): readonly DiscoveredNode[] {
  return NODES.map((id, n) => ({ id, instance: state.words[n] ?? "unknown", hibernates: false }));
}

function canChange({ left, words }: State): boolean {
  const { faults, kinds } = left;
  return (
    words.some((word) => word !== "running") || (faults > 0 && (kinds["stop"] ?? 0) + (kinds["EC2"] ?? 0) > 0)
  );
}

function put(ticks: State["ticks"], place: number, tick: Tick | undefined): State["ticks"] {
  return ticks.map((each, n) => (n === place ? tick : each));
}

function discoveries(state: State): readonly Outcome[] {
  const heard = { label: `hears from EC2: ${state.words.join(", ")}`, answer: said(state), state };
  const deaf = spend(state, "EC2");
  return deaf
    ? [heard, { label: "does not hear EC2", answer: new Error("EC2 is down"), state: deaf }]
    : [heard];
}

function writes(state: State, request: Extract<Request, { kind: "write" }>): readonly Outcome[] {
  const { next } = request;
  const what =
    next.token === state.record?.token
      ? "saves"
      : `writes plan ${next.plan.mode} ${next.plan.active}, others ${next.plan.others}`;
  const applied = applyWrite(state, request);
  const found: Outcome[] = [
    applied
      ? { label: `${what} (${next.last.code})`, answer: "written", state: applied }
      : { label: `${what}, and has lost`, answer: "lost", state },
  ];
  const lost = spend(state, "write");
  if (!lost) return found;
  found.push({ label: `${what}; the write is lost`, answer: "unclear", state: lost });
  if (applied) {
    const unclear = spend(applied, "write");
    if (unclear) found.push({ label: `${what}; the reply is lost`, answer: "unclear", state: unclear });
    const late = { ...lost, lateWrites: [...lost.lateWrites, request] };
    found.push({ label: `${what}; it will be applied late`, answer: "unclear", state: late });
  }
  return found;
}

function applyWrite(state: State, { next, expected, wish }: State["lateWrites"][number]): State | undefined {
  const store = new StoreModel();
  store.record = state.record;
  if (!store.apply(next, expected, wish)) return undefined;
  const record = store.record as ClusterRecord;
  judgeWrite(state.record, record, skewSeconds);
  return { ...state, record };
}

function sends(state: State, { plan, nodes }: Extract<Request, { kind: "send" }>): Outcome {
  judgeSend(state, plan);
  const commands = nodes.map((node): Command => ({ plan, node, step: "sent" }));
  const answer = {
    plan,
    cluster: "etl",
    commands: [{ id: String(plan.token), nodes }],
    unsent: new Map<NodeId, string>(),
  };
  return {
    label: `sends to ${nodes.join(", ")}`,
    answer,
    state: { ...state, commands: [...state.commands, ...commands] },
  };
}

/** Waiting is over when all have answered, or the time for it is. */
function sleeps(state: State, tick: Tick): Outcome {
  const sent = lastSent(tick);
  const all = sent.nodes.every((id) =>
    state.replies.some((each) => each.token === sent.token && each.node === id),
  );
  const passed = passTo(state, state.now + (all ? ANSWERED : IN_VAIN));
  return { label: all ? "has all answers" : "has waited", answer: undefined, state: passed };
}

function lastSent(tick: Tick): { readonly token: number; readonly nodes: readonly NodeId[] } {
  for (let each: Tick["trace"] | undefined = tick.trace; each; each = each.before) {
    const { answer } = each;
    if (answer && typeof answer === "object" && "unsent" in answer) {
      return { token: answer.plan.token, nodes: answer.commands.flatMap((command) => command.nodes) };
    }
  }
  throw new Error("nothing was sent");
}

function collected(state: State, tick: Tick): ReadonlyMap<NodeId, NodeReport> {
  const { token } = lastSent(tick);
  return new Map(
    state.replies.filter((each) => each.token === token).map((each) => [each.node, each.report]),
  );
}

/** What nodes may do in a state of the small world: obey, carry out, answer, and fail; and what an operator may ask. */
import type { Wish } from "../../lib/core/model.ts";
import {
  accept,
  askToEnd,
  beginStart,
  clockOf,
  goDown,
  guardFires,
  lastCheck,
  loseState,
  report,
} from "../simulation/node.ts";
import type { NodeModel } from "../simulation/node.ts";
import { judgeStart, judgeState } from "./judge.ts";
import { NODES, SECOND, settings } from "./settings.ts";
import type { Command, State, Step } from "./state.ts";

const { killGraceSeconds } = settings.timers;

/** With one fault less; undefined: none is left. */
export function spend(state: State, kind: string): State | undefined {
  const { faults, kinds } = state.left;
  const of = kinds[kind] ?? 0;
  if (faults === 0 || of === 0) return undefined;
  return { ...state, left: { ...state.left, faults: faults - 1, kinds: { ...kinds, [kind]: of - 1 } } };
}

function withNode(state: State, n: number, change: (node: NodeModel) => void): State {
  const node = structuredClone(state.nodes[n] as NodeModel);
  change(node);
  const next = { ...state, nodes: state.nodes.map((each, m) => (m === n ? node : each)) };
  judgeState(next);
  return next;
}

export function passTo(state: State, at: number): State {
  const nodes = state.nodes.map((node) => {
    // The worst guard: it fires at the last instant that the kill grace allows.
    if (!node.scheduler || clockOf(node, at) < node.grantUntil + killGraceSeconds * SECOND) return node;
    const copy = structuredClone(node);
    guardFires(copy, at);
    return copy;
  });
  return { ...state, nodes, now: at };
}

export function nodeSteps(state: State, n: number, node: NodeModel): readonly Step[] {
  const steps: Step[] = [];
  const { id, operation } = node;
  if (node.up && operation.open)
    steps.push({ label: `${id} carries out its ${operation.goal}`, state: carriesOut(state, n) });
  const fault = (kind: string, label: string, change: (node: NodeModel) => void, word?: string) => {
    const spent = spend(state, kind);
    if (!spent) return;
    const words = word === undefined ? spent.words : spent.words.map((each, m) => (m === n ? word : each));
    steps.push({ label: `${id} ${label}`, state: { ...withNode(spent, n, change), words } });
  };
  if (node.up && node.scheduler) fault("die", "loses its scheduler", (each) => (each.scheduler = undefined));
  if (node.up) {
    fault("crash", "crashes", goDown);
    fault("stop", "is stopped, and EC2 says so", goDown, "stopped");
    fault("run", "has its /run emptied", (each) => {
      if (each.guard === "armed") each.scheduler = undefined;
      loseState(each);
    });
  } else {
    const words = state.words.map((each, m) => (m === n ? "running" : each));
    steps.push({ label: `${id} boots`, state: { ...withNode(state, n, (each) => (each.up = true)), words } });
  }
  return steps;
}

/** A stop ends the scheduler, a start passes its last check: each in one step, whenever the worker comes to it. */
function carriesOut(state: State, n: number): State {
  let started = false;
  const next = withNode(state, n, (node) => {
    const { operation } = node;
    if (operation.goal === "stop" || operation.stopFirst) {
      askToEnd(node, state.now);
      node.scheduler = undefined;
    }
    if (operation.goal === "stop") operation.open = false;
    else started = lastCheck(node, operation.nonce, state.now, 2000);
  });
  if (started) judgeStart(next, next.nodes[n] as NodeModel);
  return next;
}

export function commandSteps(state: State, n: number, command: Command): readonly Step[] {
  const at = NODES.indexOf(command.node);
  const node = state.nodes[at];
  if (!node?.up) return [];
  const { plan, step } = command;
  const rest = state.commands.filter((_, m) => m !== n);
  if (step === "running") return [{ label: `${node.id} answers`, state: answers(state, n, command) }];
  const arrive = (from: State, commands: readonly Command[]): State => {
    let accepted: Command["accepted"];
    const next = withNode(from, at, (each) => {
      accepted = accept(each, plan, from.now, settings.timers);
      const runs = accepted.refusal === undefined && (accepted.mode === "run" || accepted.mode === "restart");
      if (runs) beginStart(each, plan, from.now, settings.timers);
      if (accepted.mode === "stop" && accepted.refusal === undefined && !each.scheduler)
        each.operation.open = false;
    });
    const running: Command = { ...command, step: "running", ...(accepted ? { accepted } : {}) };
    const arrived = { ...next, commands: [...commands, running] };
    // What has nothing more to do has answered; that its answer is not read is a command that comes later.
    const isAtWork =
      next.nodes[at]?.operation.open === true && accepted?.refusal === undefined && accepted?.mode !== "look";
    return isAtWork ? arrived : answers(arrived, commands.length, running);
  };
  const what = plan.active === node.id ? plan.mode : plan.others;
  const steps = [
    { label: `${node.id} gets ${what} of plan ${plan.token % 1_000_000}`, state: arrive(state, rest) },
  ];
  const twice = spend(state, "twice");
  if (twice)
    steps.push({
      label: `${node.id} gets ${what} of plan ${plan.token % 1_000_000}, not for the last time`,
      state: arrive(twice, state.commands),
    });
  return steps;
}

/** The script's line, as the node stands now. */
function answers(state: State, n: number, { plan, node: id, accepted }: Command): State {
  const node = state.nodes[NODES.indexOf(id)] as NodeModel;
  const line = report(node, plan, accepted ?? { mode: "look", active: false }, state.now, 0);
  const others = state.replies.filter((each) => each.token !== plan.token || each.node !== id);
  return {
    ...state,
    commands: state.commands.filter((_, m) => m !== n),
    replies: [...others, { token: plan.token, node: id, report: line }],
  };
}

export function wishes(state: State): readonly Step[] {
  const { record } = state;
  const standing = record?.request && record.request.phase !== "done" && record.request.phase !== "failed";
  if (!record || standing) return [];
  const request: Wish = {
    id: `w${state.begun}`,
    action: "failover",
    by: "ops",
    reason: "test",
    requestId: "r",
    at: state.now,
    phase: "accepted",
  };
  const left = { ...state.left, wishes: state.left.wishes - 1 };
  return [
    { label: "an operator asks for a failover", state: { ...state, record: { ...record, request }, left } },
  ];
}

/** The commands that move or let go of a scheduler. Each shows what will happen, on what it rests, and asks. */
import {
  clearingPlan,
  confirm,
  lettingGoPlan,
  movePlan,
  notRecorded,
  takeOverPlan,
  type Plan,
} from "../confirm.ts";
import { drill } from "../drill.ts";
import type { ExitCode } from "../io.ts";
import type { Status } from "../replies.ts";
import type { Session } from "../session.ts";
import { laterTime } from "../times.ts";
import { define, runs, withWish, withYes, type Tool, type WishOptions } from "../tool.ts";
import { makeWish } from "../wish.ts";

const WISH_EXITS = [
  "accepted; with --wait: done",
  "refused, by you or by the controller; with --wait: failed",
] as const;

interface MoveOptions extends WishOptions {
  readonly to?: string;
  readonly at?: string;
  readonly override?: string;
}

export function addDangerous(tool: Tool): void {
  addFailover(tool);
  addSwitchover(tool);
  addDrill(tool);
  addLettingGo(tool, "stop", "Stop the controller; the scheduler runs on, unwatched");
  addLettingGo(tool, "detach", "Leave the nodes to themselves: what `stop` does, under its own name");
  addTakeOver(tool);
  addClearMetadata(tool);
}

function addFailover(tool: Tool): void {
  const command = define(tool, {
    name: "failover",
    group: "danger",
    summary: "Move the scheduler by force: for a node that is failing",
    description:
      "It ignores cooldown and budget of moves, and never the proof: no other node is started before the old one is proven stopped. For a healthy scheduler, `switchover` is gentler: it checks the target first and goes back.",
    exits: WISH_EXITS,
  });
  withYes(withWish(command))
    .option("--to <node>", "where to; the node that the cluster prefers without it")
    .option(
      "--override <node>",
      "declare that this node runs no scheduler: your word is the proof, and recorded",
    );
  runs<MoveOptions>(tool, command, async (session, options) => {
    await confirmMove(session, "failover: moves the scheduler by force", options);
    return makeWish(session, "failover", options, { to: options.to, override: options.override });
  });
}

function addSwitchover(tool: Tool): void {
  const command = define(tool, {
    name: "switchover",
    group: "danger",
    summary: "Move a healthy scheduler to another node, as planned",
    description:
      "The target must answer before anything is stopped; if the scheduler does not come up there, it goes back.",
    exits: WISH_EXITS,
  });
  withYes(withWish(command))
    .option("--to <node>", "where to; the node that the cluster prefers without it")
    .option("--at <time>", "not before then: 2h, 90m, or RFC 3339");
  runs<MoveOptions>(tool, command, async (session, options) => {
    await confirmMove(session, "switchover: moves a healthy scheduler", options);
    const at = options.at === undefined ? undefined : laterTime(options.at, session.io.now());
    return makeWish(session, "switchover", options, { to: options.to, at });
  });
}

/** So many entries of the history are searched for measured moves. */
const SEARCHED = 100;

async function confirmMove(session: Session, title: string, { to, yes = false }: MoveOptions): Promise<void> {
  const status = await recorded(session);
  const moves = await session.entries(SEARCHED);
  await confirm(session, title, movePlan(status, to, moves, session.io.now()), yes);
}

async function recorded(session: Session): Promise<Status> {
  const status = await session.status();
  if (!status.view.recorded) throw notRecorded(status);
  return status;
}

function addDrill(tool: Tool): void {
  const command = define(tool, {
    name: "drill",
    group: "danger",
    summary: "Rehearse: switchover to another node and back, measured",
    description:
      "Both moves are real, and leave the cluster without a scheduler for as long as the history's gaps say. The ticks carry the drill out: Ctrl-C only stops following it. It is not begun where the cluster is paused, has a problem or its scheduler does not run well; one that fails is mailed and sets off the alarm `drill-failed`. What it took is in the history and in the metrics DrillSeconds and DrillGapSeconds. For a schedule, invoke the action `drill` through the alias `operate`.",
    exits: ["it went there and back", "refused, or failed"],
  });
  withYes(withWish(command)).option("--to <node>", "where to; the node that the cluster prefers without it");
  runs<MoveOptions>(tool, command, async (session, options) => {
    await confirmMove(session, "drill: moves a healthy scheduler, and back", options);
    return drill(session, options);
  });
}

function addLettingGo(tool: Tool, name: string, summary: string): void {
  const command = define(tool, {
    name,
    group: "danger",
    summary,
    description:
      "Guard, gate and grant are taken off the nodes, then the ticks leave them alone. The scheduler runs on where it runs, and nobody brings it back; `start` takes over again, and adopts it untouched.",
    exits: WISH_EXITS,
  });
  runs<WishOptions>(tool, withYes(withWish(command)), (session, options) =>
    afterPlan(session, "detach", options, `${name}: leaves the nodes to themselves`, lettingGoPlan),
  );
}

function addTakeOver(tool: Tool): void {
  const command = define(tool, {
    name: "take_over",
    usage: "<table-arn>",
    group: "danger",
    summary: "Take nodes over from another deployment, which is gone",
    description:
      "For nodes that answer `owned-by ARN`: the stack that stamped them was deleted, or this table was restored from that one. The scheduler that runs is left as it is. A deployment that still lives lets its nodes go by its own `detach`.",
    exits: WISH_EXITS,
  });
  runs<WishOptions>(tool, withYes(withWish(command)), async (session, options, [owner = ""]) => {
    const plan = (status: Status, now: number) => takeOverPlan(status, owner, now);
    await confirmed(session, options, "take_over: replaces another deployment's stamp", plan);
    return makeWish(session, "take_over", options, { owner });
  });
}

function addClearMetadata(tool: Tool): void {
  const command = define(tool, {
    name: "clear_metadata",
    group: "danger",
    summary: "Clear the metadata: reports, counters and phase of the record",
    description:
      "Tokens, lives and promises stay, since safety rests on them. The nodes are looked at anew, and a scheduler that runs alone is adopted untouched.",
    exits: WISH_EXITS,
  });
  runs<WishOptions>(tool, withYes(withWish(command)), (session, options) =>
    afterPlan(session, "clear_metadata", options, "clear_metadata: forgets what was seen", clearingPlan),
  );
}

async function afterPlan(
  session: Session,
  action: string,
  options: WishOptions,
  title: string,
  plan: (status: Status, now: number) => Plan,
): Promise<ExitCode> {
  await confirmed(session, options, title, plan);
  return makeWish(session, action, options);
}

async function confirmed(
  session: Session,
  { yes = false }: WishOptions,
  title: string,
  plan: (status: Status, now: number) => Plan,
): Promise<void> {
  const status = await recorded(session);
  await confirm(session, title, plan(status, session.io.now()), yes);
}

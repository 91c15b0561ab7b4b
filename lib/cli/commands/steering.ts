/** The commands that change something and put no scheduler at risk. */
import { followEvents, newsLines } from "../follow.ts";
import type { ExitCode } from "../io.ts";
import { wrap } from "../render.ts";
import type { CommonOptions, Session } from "../session.ts";
import { laterTime } from "../times.ts";
import { define, runs, withCluster, withJson, withWish, type Tool, type WishOptions } from "../tool.ts";
import { makeWish } from "../wish.ts";

const WISH_EXITS = ["accepted; with --wait: done", "refused; with --wait: failed"] as const;

export function addSteering(tool: Tool): void {
  addStart(tool);
  addPause(tool);
  addSimple(
    tool,
    "resume",
    "Let the ticks steer again, after a pause, observe, detach or stop",
    "After a pause they go on where they were. Nodes that were left to themselves are looked at first: a scheduler that runs alone is adopted untouched.",
  );
  addSimple(
    tool,
    "observe",
    "Only look and say what would be done, and change nothing",
    "Guard, gate and grant are taken off the nodes, and the scheduler is left as it is: nobody brings it back. This is how the controller first runs beside the predecessor.",
  );
  addSimple(
    tool,
    "cancel",
    "Take back a move that waits for its time",
    "One that has begun is not taken back: the controller brings it to an end, or goes back by itself.",
  );
  addNode(
    tool,
    "exclude",
    "Give a node no scheduler from now on, without a deployment",
    "A scheduler that runs there runs on: `switchover` moves it away. The settings' own `exclude` is not touched.",
  );
  addNode(
    tool,
    "include",
    "Let a node run the scheduler again",
    "Takes back `exclude`. A node that the settings exclude stays excluded.",
  );
  addTestEmail(tool);
}

function addSimple(tool: Tool, name: string, summary: string, description: string): void {
  const command = define(tool, { name, group: "steer", summary, description, exits: WISH_EXITS });
  runs<WishOptions>(tool, withWish(command), (session, options) => makeWish(session, name, options));
}

function addNode(tool: Tool, name: string, summary: string, description: string): void {
  const command = define(tool, {
    name,
    usage: "<node>",
    group: "steer",
    summary,
    description,
    exits: WISH_EXITS,
  });
  runs<WishOptions>(tool, withWish(command), (session, options, [node]) =>
    makeWish(session, name, options, { node }),
  );
}

function addPause(tool: Tool): void {
  const command = define(tool, {
    name: "pause",
    group: "steer",
    summary: "Start and stop nothing for a while; the scheduler keeps its grant",
    description:
      "For maintenance: the ticks go on looking and extending the grant, and say what is so. A move that you ask for is still carried out.",
    exits: WISH_EXITS,
  });
  withWish(command).option("--until <time>", "when the pause ends by itself: 2h, 90m, or RFC 3339");
  runs<WishOptions & { readonly until?: string }>(tool, command, (session, options) => {
    const until = options.until === undefined ? undefined : laterTime(options.until, session.io.now());
    return makeWish(session, "pause", options, { until });
  });
}

function addStart(tool: Tool): void {
  const command = define(tool, {
    name: "start",
    group: "steer",
    summary: "Start the controller: resume, and follow the events until Ctrl-C",
    description:
      "The controller runs in AWS and not in this process: Ctrl-C ends the following, and nothing else. With --detach the command returns at once, where `nohup ... &` stood before.",
    exits: ["it is started", "refused"],
  });
  withWish(command).option("--detach", "return as soon as it is accepted");
  runs<WishOptions & { readonly detach?: boolean }>(tool, command, async (session, options) => {
    const code = await resumed(session, options);
    if (code !== 0 || options.detach === true) return code;
    session.io.err("Following the events; Ctrl-C ends this, the controller goes on.");
    await followEvents(session, (news) => newsLines(news).forEach((line) => session.io.out(line)));
    return 0;
  });
}

/** A controller that steers already is not told to: the predecessor's `start` could be repeated too. */
async function resumed(session: Session, options: WishOptions): Promise<ExitCode> {
  const { view, cluster } = await session.status();
  if (view.steering === null) {
    session.io.err(`The controller of ${cluster} runs already.`);
    return 0;
  }
  return makeWish(session, "resume", { ...options, reason: options.reason ?? "start" });
}

function addTestEmail(tool: Tool): void {
  const command = define(tool, {
    name: "send_test_email",
    group: "steer",
    summary: "Send a test mail to the recipients of the alerts",
    description:
      "Through the controller itself: it proves sender, recipients, permission and SES's limits at once.",
    exits: ["SES took the mail", "SES refused it"],
  });
  runs<CommonOptions>(tool, withJson(withCluster(command)), async (session) => {
    const reply = await session.operate("send_test_email");
    const ended = session.shown(reply, 1);
    if (ended !== undefined || !reply.ok) return ended ?? 1;
    session.out(wrap(`${reply.sentence} Whether it arrives, the mailbox says.`));
    return 0;
  });
}

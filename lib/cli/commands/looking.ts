/** The commands that only look. */
import type { Reply } from "../../../lambda/actions/reply.ts";
import type { ExitCode } from "../io.ts";
import {
  fields,
  renderData,
  renderEntry,
  renderNodes,
  renderStatus,
  renderWhy,
  table,
  wrap,
} from "../render.ts";
import { readClusters, readEntries, readNodes, readStatus, readWhy, type NodeView } from "../replies.ts";
import { Session, type CommonOptions } from "../session.ts";
import { define, runs, runsHere, withCluster, withJson, type Tool } from "../tool.ts";
import { answers, verdictOf } from "../verdict.ts";

export function addLooking(tool: Tool): void {
  addStatus(tool);
  addWhy(tool);
  addHistory(tool);
  addMetadata(tool);
  addIsSchedulerRunning(tool);
  addTestConnection(tool);
  addVersion(tool);
}

const EXIT_OF = { yes: 0, no: 1, unknown: 2 } as const;

function addStatus(tool: Tool): void {
  const command = define(tool, {
    name: "status",
    group: "look",
    summary: "Is it running, where, since when, and if not, why not",
    description:
      "The sentence is the last tick's own: the log, the mails and the dashboard carry the same one. A node that has not answered is SILENT, and what it last said may be over.",
    exits: ["one scheduler runs", "none runs"],
  });
  runs(tool, withJson(withCluster(command)), async (session) => {
    const reply = await session.look("status");
    const ended = session.shown(reply, 2);
    if (ended !== undefined || !reply.ok) return ended ?? 2;
    const [status, now] = [readStatus(reply), session.io.now()];
    session.out(renderStatus(status, now, session.paint));
    return EXIT_OF[verdictOf(status, now).answer];
  });
}

function addWhy(tool: Tool): void {
  const command = define(tool, {
    name: "why",
    group: "look",
    summary: "Why the controller does what it does, and why it does not do more",
    description:
      "The last decision; what is waited for; for each node the proof that it runs no scheduler, or what is missing for it, and why the scheduler could not move there; and the limits of restarts and moves.",
    exits: ["it was answered", "refused"],
  });
  runs(tool, withJson(withCluster(command)), async (session) => {
    const reply = await session.look("why");
    const ended = session.shown(reply, 1);
    if (ended !== undefined || !reply.ok) return ended ?? 1;
    session.out(wrap(`${reply.cluster ?? ""}: ${reply.code}: ${reply.sentence}`));
    session.out(`\n${renderWhy(readWhy(reply))}`);
    return 0;
  });
}

function addHistory(tool: Tool): void {
  const command = define(tool, {
    name: "history",
    group: "look",
    summary: "What happened, newest first",
    description:
      "Every transition with its code, its sentence, who asked for it, the seconds without a scheduler, and for a start the proofs that no other node ran one. Entries are kept for 90 days.",
    exits: ["it was answered", "refused"],
  });
  withJson(withCluster(command)).option("--limit <entries>", "how many; 20 without it");
  runs<CommonOptions & { readonly limit?: string }>(tool, command, async (session, { limit }) => {
    const reply = await session.look("history", { limit: numberOf(limit) });
    const ended = session.shown(reply, 1);
    if (ended !== undefined || !reply.ok) return ended ?? 1;
    const entries = readEntries(reply);
    session.out(entries.length === 0 ? reply.sentence : entries.map(renderEntry).join("\n"));
    return 0;
  });
}

/** What is no number is handed on as it is: the Lambda says what is wrong with it. */
function numberOf(text: string | undefined): number | string | undefined {
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : text;
}

function addMetadata(tool: Tool): void {
  const command = define(tool, {
    name: "metadata",
    group: "look",
    summary: "Get the metadata: the record's three values of old, and what stands behind them",
    description:
      "active_failover_node names the function, since the controller runs on no node; active_scheduler_node is the node that holds the grant; failover_heartbeat is when a tick last saved the record, in UTC.",
    exits: ["it was answered", "there is no record yet"],
  });
  runs(tool, withJson(withCluster(command)), async (session) => {
    const reply = await session.look("metadata");
    const ended = session.shown(reply, 1);
    if (ended !== undefined || !reply.ok) return ended ?? 1;
    const { active_failover_node, active_scheduler_node, failover_heartbeat, ...rest } = reply.data;
    const old = { active_failover_node, active_scheduler_node, failover_heartbeat };
    session.out(
      fields(Object.entries(old).map(([name, value]) => [name, typeof value === "string" ? value : "none"])),
    );
    session.out(`\n${renderData(rest)}`);
    return 0;
  });
}

function addIsSchedulerRunning(tool: Tool): void {
  const command = define(tool, {
    name: "is_scheduler_running",
    group: "look",
    summary: "Check on which nodes the scheduler is running",
    description:
      "Where nobody answers, the answer is not no: a node that is silent may run a scheduler, and the exit status is 2.",
    exits: ["it runs on a node", "every node answers that it does not run"],
  });
  inspects(tool, withJson(withCluster(command)), (nodes) => {
    const heard = nodes.filter(answers);
    const runsSomewhere = heard.some(({ state }) => state === "running");
    const lines = nodes.map((node) => [
      node.id,
      answers(node) ? runningWord(node) : "unknown: does not answer",
    ]);
    const code: ExitCode = runsSomewhere ? 0 : heard.length < nodes.length || nodes.length === 0 ? 2 : 1;
    return { text: table(lines), code };
  });
}

function runningWord({ state }: NodeView): string {
  if (state === "running") return "True";
  return state === "stopped" ? "False" : `False, ${state}`;
}

function addTestConnection(tool: Tool): void {
  const command = define(tool, {
    name: "test_connection",
    group: "look",
    summary: "Test whether every node of the cluster answers",
    description: "By the way that every tick takes, Systems Manager's Run Command: no ssh, no port, no key.",
    exits: ["every node answers", "a node does not answer"],
  });
  inspects(tool, withJson(withCluster(command)), (nodes) => {
    const all = nodes.length > 0 && nodes.every(answers);
    return { text: renderNodes(nodes), code: all ? 0 : 1 };
  });
}

function inspects(
  tool: Tool,
  command: ReturnType<typeof define>,
  judge: (nodes: readonly NodeView[]) => { readonly text: string; readonly code: ExitCode },
): void {
  runs(tool, command, async (session: Session) => {
    const reply: Reply = await session.look("inspect");
    const ended = session.shown(reply, 2);
    if (ended !== undefined || !reply.ok) return ended ?? 2;
    const { text, code } = judge(readNodes(reply));
    session.out(wrap(`${reply.cluster ?? ""}: ${reply.sentence}`));
    if (text !== "") session.out(text);
    return code;
  });
}

function addVersion(tool: Tool): void {
  const { io, version } = tool;
  const command = define(tool, {
    name: "version",
    group: "look",
    summary: "Print the version of this program, and with a deployment named, of that too",
    description: "The two should be the same: `doctor` says so where they are not.",
    exits: ["printed", "refused"],
  });
  runsHere<CommonOptions>(tool, withJson(command), async (options) => {
    const named = [options.sandbox, options.function, options.stack].some((one) => one !== undefined);
    if (!named) {
      io.out(
        options.json === true
          ? JSON.stringify({ version })
          : `Scheduler Failover Controller Version: ${version}`,
      );
      return 0;
    }
    return deployedVersion(tool, options);
  });
}

async function deployedVersion({ io, version }: Tool, options: CommonOptions): Promise<ExitCode> {
  const session = await Session.open(io, options);
  const reply = await session.look("version");
  const ended = session.shown(reply, 1);
  if (ended !== undefined || !reply.ok) return ended ?? 1;
  const deployed = readClusters(reply);
  session.out(`Scheduler Failover Controller Version: ${version}`);
  session.out(`deployed: ${deployed.version}, clusters: ${deployed.clusters.join(", ")}`);
  return 0;
}

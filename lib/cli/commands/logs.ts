/** `logs`: the controller's own log lines, as a person reads them. */
import { formatInstant } from "../../core/instants.ts";
import type { LogLine } from "../connection.ts";
import type { Session } from "../session.ts";
import type { CommonOptions } from "../session.ts";
import { define, runs, withCluster, withJson, type Tool } from "../tool.ts";
import { CommandError } from "../io.ts";
import { earlierTime } from "../times.ts";

interface LogOptions extends CommonOptions {
  readonly since: string;
  readonly follow?: boolean;
  readonly node?: string;
}

const POLL_MILLISECONDS = 5_000;
/** Lines may be seen so late; each is printed once. */
const LATE_MILLISECONDS = 60_000;

export function addLogs(tool: Tool): void {
  const command = define(tool, {
    name: "logs",
    group: "look",
    summary: "Read the controller's log",
    description:
      "One line for each tick of a cluster and for each transition, and whatever failed. What a scheduler itself writes is on its node.",
    exits: ["read", "no line is there"],
  });
  withJson(withCluster(command), "print each line as it was logged")
    .option("--since <time>", "from when on: 10m, 2h, or RFC 3339", "10m")
    .option("--node <node>", "only lines that name this node")
    .option("--follow", "go on until Ctrl-C");
  runs<LogOptions>(tool, command, async (session, options) => {
    const from = earlierTime(options.since, session.io.now());
    if (from === undefined) {
      throw new CommandError(`--since ${options.since} is no time: write 10m, 2h, or RFC 3339.`);
    }
    const printed = new Set<string>();
    await print(session, options, from, printed);
    while (options.follow === true && !session.io.interrupted()) {
      await session.io.sleep(POLL_MILLISECONDS);
      if (!session.io.interrupted()) {
        await print(session, options, Math.max(from, session.io.now() - LATE_MILLISECONDS), printed);
      }
    }
    return printed.size > 0 || options.follow === true ? 0 : 1;
  });
}

async function print(
  { connection, io, options: { json } }: Session,
  { cluster, node }: LogOptions,
  from: number,
  printed: Set<string>,
): Promise<void> {
  for (const line of await connection.services.logLines(from, io.now())) {
    const fields = fieldsOf(line.text);
    if (printed.has(line.id) || fields === undefined) continue;
    if (cluster !== undefined && fields["cluster"] !== cluster) continue;
    if (node !== undefined && !line.text.includes(node)) continue;
    printed.add(line.id);
    io.out(json === true ? JSON.stringify(fields) : readable(line, fields));
  }
}

/** The journal's lines are JSON objects with a message. Lambda's own lines and metrics are not shown. */
function fieldsOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isLine = typeof value === "object" && value !== null && "message" in value;
    return isLine ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function readable({ at }: LogLine, fields: Readonly<Record<string, unknown>>): string {
  const word = (name: string): string => (typeof fields[name] === "string" ? fields[name] : "");
  const { error } = fields;
  const failure =
    typeof error === "object" && error !== null && "message" in error ? String(error.message) : "";
  const level = word("level");
  const parts = [
    formatInstant(at).slice(11, 19),
    level === "INFO" ? "" : level,
    word("cluster"),
    word("message"),
    word("code"),
    word("sentence"),
    failure,
  ];
  return parts.filter((part) => part !== "").join("  ");
}

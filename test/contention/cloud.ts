/**
 * The process that stands between the workers and what they contend for. It forwards DynamoDB to the server under test,
 * is EC2, Run Command and SES, and writes down what it sees. At a worker's calls it kills or freezes that worker, keeps
 * the call back or loses its reply, so that the windows of some milliseconds between a write and what follows are hit.
 *
 * Started by `fork` with the options as JSON; tells its endpoint; hears of each worker's process.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { Gateway } from "../../lib/sandbox/gateway/gateway.ts";
import { awsJson, awsQuery, ec2Query } from "../../lib/sandbox/gateway/protocols.ts";
import type { Call, RawReply, Service } from "../../lib/sandbox/gateway/service.ts";
import { Random } from "../simulation/random.ts";
import { NODES, timers } from "./deployed.ts";
import type { Fact, FaultName } from "./facts.ts";
import { FencedNode, pause } from "./fenced-node.ts";
import { FencedCommands } from "./run-command.ts";
import type { CloudOptions, WorkerWord } from "./words.ts";
import { unconditional, writeOf } from "./writes.ts";

/** Of a worker's calls so many meet each fault; in this order, before or after the call is carried out. */
const CHANCES = { kill: 0.012, freeze: 0.03, hold: 0.02, drop: 0.01 } as const;
/** Most freezes are short, in seconds; some outlive the call's own timeouts, and some a lease. */
const SHORT_FREEZE = 2;
const LONG_FREEZE_CHANCE = 0.15;

const options = JSON.parse(process.argv[2] ?? "{}") as CloudOptions;
const random = new Random(options.seed);
const log = openSync(options.log, "a");
const note = (fact: Fact): void => void writeSync(log, `${JSON.stringify(fact)}\n`);

const pids = new Map<string, number>();
const nodes = NODES.map(
  (id) =>
    new FencedNode({
      id,
      timers,
      random: random.fork(id),
      note,
      obeysAll: options.mutation === "nodes-obey-all",
    }),
);
const commands = new FencedCommands(nodes, random.fork("commands"));
const faults = random.fork("faults");

const gateway = new Gateway({ record: () => undefined });
gateway.intercept({ before: beforeCall, after: afterCall }, (key) => key);
gateway.add(dynamo(), runCommand(), ec2(), ses(), events());
await gateway.listen(0);
process.on("message", ({ worker, pid }: WorkerWord) => {
  if (pid === undefined) pids.delete(worker);
  else pids.set(worker, pid);
});
process.once("disconnect", () => {
  /** Whoever started them has ended without ending them: a frozen one would stay for ever. */
  for (const worker of pids.keys()) signal(worker, "SIGKILL");
  closeSync(log);
  process.exit(0);
});
process.send?.({ endpoint: gateway.endpoint });

async function beforeCall({ caller }: Call): Promise<undefined> {
  if (faults.chance(CHANCES.kill / 2)) kill(caller);
  else if (faults.chance(CHANCES.freeze / 2)) freeze(caller, "freeze");
  else if (faults.chance(CHANCES.hold)) await pause(freeze(caller, "hold") * faults.next());
}

function afterCall({ caller }: Call): "drop" | undefined {
  if (faults.chance(CHANCES.kill / 2)) kill(caller);
  else if (faults.chance(CHANCES.freeze / 2)) freeze(caller, "freeze");
  else if (faults.chance(CHANCES.drop)) {
    tell("drop", caller);
    return "drop";
  }
  return undefined;
}

function kill(worker: string): void {
  if (signal(worker, "SIGKILL")) tell("kill", worker);
}

/** Answers for how long, in milliseconds. */
function freeze(worker: string, fault: FaultName): number {
  const longest = faults.chance(LONG_FREEZE_CHANCE) ? options.longestFreeze : SHORT_FREEZE;
  const milliseconds = faults.seconds(0.05, longest);
  if (signal(worker, "SIGSTOP")) tell(fault, worker);
  setTimeout(() => signal(worker, "SIGCONT"), milliseconds);
  return milliseconds;
}

function tell(fault: FaultName, worker: string): void {
  note({ kind: "fault", at: Date.now(), fault, worker });
}

/** False where the process has ended. */
function signal(worker: string, name: NodeJS.Signals): boolean {
  const pid = pids.get(worker);
  if (pid === undefined) return false;
  try {
    return process.kill(pid, name);
  } catch {
    pids.delete(worker);
    return false;
  }
}

/** What the table answers goes back as it is; a write of the record is written down with it. */
function dynamo(): Service {
  const forward = async ({ operation, params, caller, request }: Call): Promise<RawReply> => {
    const headers = Object.fromEntries(
      ["content-type", "x-amz-target", "x-amz-date", "authorization"].map((name) => [
        name,
        request.headers[name] ?? "",
      ]),
    );
    const isMutated = options.mutation === "unconditional-write" && operation === "UpdateItem";
    const body = isMutated ? JSON.stringify(unconditional(params)) : request.body;
    const reply = await fetch(options.dynamo, {
      method: "POST",
      headers,
      body: new Uint8Array(Buffer.from(body)),
    });
    const text = await reply.text();
    const write = operation === "UpdateItem" ? writeOf(params) : undefined;
    if (write)
      note({ kind: "write", at: Date.now(), worker: caller, ...write, applied: reply.status === 200 });
    return { status: reply.status, headers: { "content-type": "application/x-amz-json-1.0" }, body: text };
  };
  return {
    name: "dynamodb",
    protocol: { ...awsJson("1.0"), reply: (_operation, output) => output as RawReply },
    operations: { "*": forward },
  };
}

function runCommand(): Service {
  return {
    name: "ssm",
    protocol: awsJson("1.1"),
    operations: {
      SendCommand: ({ params, caller }) => commands.send(params, caller),
      ListCommandInvocations: ({ params }) => commands.list(params),
    },
  };
}

/** Its instances run. The filter names all of them, since they are listed in the settings. */
function ec2(): Service {
  const instances = NODES.map((instanceId) => ({ instanceId, instanceState: { code: 16, name: "running" } }));
  return {
    name: "ec2",
    protocol: ec2Query("http://ec2.amazonaws.com/doc/2016-11-15/"),
    operations: {
      DescribeInstances: () => ({ reservationSet: [{ reservationId: "r-1", instancesSet: instances }] }),
    },
  };
}

function ses(): Service {
  return {
    name: "ses",
    protocol: awsQuery("http://ses.amazonaws.com/doc/2010-12-01/"),
    operations: { SendEmail: () => ({ MessageId: "1" }) },
  };
}

function events(): Service {
  return {
    name: "events",
    protocol: awsJson("1.1"),
    operations: { PutEvents: () => ({ FailedEntryCount: 0, Entries: [{ EventId: "1" }] }) },
  };
}

/**
 * Mails as a person woken at night reads them: what, where, since when, what it rests on, and the next command to
 * type. Plain text, since it must read the same on a phone, in a pager's excerpt and in a ticket.
 */
import { formatForPeople } from "./instants.ts";
import type { MailKind, MailNews, NodeId, Proof, ProofKind } from "./model.ts";
import type { Mail } from "./ports.ts";

export interface MailContext {
  readonly cluster: string;
  /** The active node as the record names it; absent while none may run a scheduler. */
  readonly active?: NodeId | undefined;
  readonly subjectPrefix: string;
  readonly dashboardUrl: string;
  /** The controller's function without an alias, and its region: for the commands. */
  readonly functionName: string;
  readonly region: string;
}

/** SES takes more, but mail programs cut a subject at about this many characters. */
export const SUBJECT_LIMIT = 150;

/** What stands in the subject for each kind; capitals for what wants somebody to act. */
const HEADLINES: Readonly<Record<MailKind, string>> = {
  "restart-failed": "RESTART FAILED",
  "failover-done": "scheduler moved",
  recovered: "scheduler back",
  problem: "PROBLEM",
  reminder: "STILL OPEN",
  resolved: "resolved",
};

export function renderMail(news: MailNews, context: MailContext): Mail {
  return { subject: renderSubject(news, context), text: renderText(news, context) };
}

/** One line of printable ASCII: anything else would be encoded, and a line break would be a header of its own. */
function renderSubject(news: MailNews, { subjectPrefix, cluster }: MailContext): string {
  const subject = `${subjectPrefix} ${cluster}: ${HEADLINES[news.kind]}: ${news.sentence}`
    .replace(/\s+/g, " ")
    .replace(/[^\x20-\x7e]/g, "?")
    .trim();
  return subject.length <= SUBJECT_LIMIT ? subject : `${subject.slice(0, SUBJECT_LIMIT - 3)}...`;
}

function renderText(news: MailNews, context: MailContext): string {
  const facts: [label: string, value: string][] = [
    ["What", news.sentence],
    ["Code", news.code],
    ["Where", `cluster ${context.cluster}, ${where(context.active)}`],
    ["Since", formatForPeople(news.since)],
  ];
  if (news.gapSeconds !== undefined) facts.push(["Gap", `${news.gapSeconds} s without a scheduler`]);
  for (const [node, proof] of Object.entries(news.proofs ?? {})) {
    facts.push(["Proof", proofInWords(node, proof)]);
  }
  if (news.merged > 1) facts.push(["Merged", `this mail stands for ${news.merged} pieces of news`]);

  const width = Math.max(...facts.map(([label]) => label.length)) + 2;
  const lines = facts.map(([label, value]) => `${`${label}:`.padEnd(width)}${indent(value, width)}`);
  const commands = NEXT_STEPS[news.kind].flatMap((step) => ["", ...renderStep(step, context)]);
  return [...lines, ...commands, "", `Dashboard: ${context.dashboardUrl}`, ""].join("\n");
}

function where(active: NodeId | undefined): string {
  return active === undefined ? "no node may run the scheduler now" : `node ${active}`;
}

const PROOFS: Readonly<Record<ProofKind, (node: NodeId, at: string, token: number) => string>> = {
  "reported-stopped": (node, at, token) =>
    `${node} reported at ${at} that it runs no scheduler and cannot start one, in answer to plan ${token}`,
  "grant-expired": (node, at) =>
    `the grant of ${node} was over at ${at}, by when its guard has stopped the scheduler`,
  "instance-stopped": (node, at) => `EC2 said at ${at} that ${node} is stopped or terminated`,
  "operator-override": (node, at) =>
    `an operator declared at ${at} that ${node} runs no scheduler; nothing else proves it`,
};

/** Why a node is known not to run the scheduler, as a sentence that ends in the proof's name. */
export function proofInWords(node: NodeId, { kind, at, token }: Proof): string {
  return `${PROOFS[kind](node, formatForPeople(at), token)} (${kind})`;
}

interface Step {
  readonly purpose: string;
  readonly action: "status" | "history" | "failover";
  /** The alias that lets this action through. */
  readonly alias: "read" | "operate";
}

const SEE_STATUS: Step = { purpose: "See what each node reports now:", action: "status", alias: "read" };
const SEE_HISTORY: Step = { purpose: "See what happened, step by step:", action: "history", alias: "read" };
const MOVE: Step = { purpose: "Move the scheduler by hand:", action: "failover", alias: "operate" };

const NEXT_STEPS: Readonly<Record<MailKind, readonly Step[]>> = {
  "restart-failed": [SEE_STATUS, MOVE],
  "failover-done": [SEE_HISTORY],
  recovered: [SEE_HISTORY],
  problem: [SEE_STATUS, MOVE],
  reminder: [SEE_STATUS, MOVE],
  resolved: [SEE_HISTORY],
};

function renderStep(step: Step, { cluster, functionName, region }: MailContext): string[] {
  const payload = JSON.stringify({ action: step.action, cluster });
  return [
    step.purpose,
    `  scheduler_failover_controller ${step.action} --cluster ${cluster}`,
    `  aws lambda invoke --region ${region} --function-name ${functionName}:${step.alias} --cli-binary-format raw-in-base64-out --payload '${payload}' /dev/stdout`,
  ];
}

/** Keeps the second and further lines of a value below its first. */
function indent(text: string, width: number): string {
  return text
    .trim()
    .split(/\r\n|[\r\n]/)
    .join(`\n${" ".repeat(width)}`);
}

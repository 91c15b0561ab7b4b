/** What can be found out from here about a deployment's health: one finding each, with what to do about it. */
import type { Instant } from "../core/model.ts";
import { placeholders } from "../settings/placeholders.ts";
import { readSettings } from "../settings/read.ts";
import { SettingsError } from "../settings/faults.ts";
import type { Settings } from "../core/settings.ts";
import { examineMachine } from "./doctor-machine.ts";
import { fault, ok, unknown, warning, type Finding } from "./finding.ts";
import { instantOf, type NodeView, type Status } from "./replies.ts";
import { span } from "./times.ts";
import { answers, STALE_MILLISECONDS, verdictOf } from "./verdict.ts";

/** Settings that the file has, if it can be read, and what is wrong with it. */
export function examineSettings(
  file: string,
  name: string,
): {
  readonly settings?: Settings;
  readonly findings: readonly Finding[];
} {
  try {
    const settings = readSettings({ file });
    const left = placeholders(settings);
    const finding =
      left.length === 0
        ? ok(`settings in ${name} are sound`)
        : fault(`settings in ${name} carry an example's values: ${left.join("; ")}`, "put in your own");
    return { settings, findings: [finding] };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const fix = error.message.includes("ENOENT")
      ? "name the file of the deployed settings: --settings FILE; `cdk.json` says which one it is"
      : "`npx cdk synth -q` refuses it too; docs/settings.md has the rules";
    return { findings: [fault(error.message.replace(file, name), fix)] };
  }
}

export function examineVersions(program: string, deployed: string): Finding {
  return program === deployed
    ? ok(`function answers, version ${deployed}, the same as this program's`)
    : warning(
        `function answers, version ${deployed}; this program is ${program}`,
        "check out the version that is deployed, or deploy this one",
      );
}

export function examineCluster(status: Status, now: Instant): readonly Finding[] {
  const { view, cluster } = status;
  if (!view.recorded) {
    return [
      fault(
        `${cluster}: no tick has looked yet`,
        "wait a minute after the deployment; then look at `logs`, and whether the loop's schedule is enabled",
      ),
    ];
  }
  return [
    examineTicks(status, now),
    examineScheduler(status, now),
    ...examineSteering(status),
    ...view.nodes.flatMap((node) => examineNode(status, node)),
    ...(view.nodes.length < 2
      ? [
          warning(
            `${cluster}: only ${view.nodes.length} node: nothing can take over`,
            "give the tag to a second instance",
          ),
        ]
      : []),
    ...examineNews(status),
  ];
}

function examineTicks({ view, cluster }: Status, now: Instant): Finding {
  const at = instantOf(view.tickedAt);
  const age = at === undefined ? "never" : `${span(now - at)} ago`;
  if (at !== undefined && now - at <= STALE_MILLISECONDS) return ok(`${cluster}: ticked ${age}`);
  if (view.steering?.kind === "detached") return ok(`${cluster}: ticked ${age}; detached, as asked`);
  return fault(
    `${cluster}: ticked ${age}: nobody looks, and guards stop the scheduler when its grant is over`,
    "look at `logs`, the loop's executions in Step Functions, and whether its schedule is enabled",
  );
}

function examineScheduler(status: Status, now: Instant): Finding {
  const { words, answer } = verdictOf(status, now);
  const what = `${status.cluster}: ${words}`;
  if (words.startsWith("RUNNING"))
    return fault(what, "the ticks stop all but one; `history` says who started the other: disable that");
  if (answer === "yes") return ok(what);
  return answer === "no" ? fault(what, status.sentence) : unknown(what, status.sentence);
}

function examineSteering({ view, cluster }: Status): readonly Finding[] {
  const { steering, problem } = view;
  return [
    ...(steering
      ? [
          warning(
            `${cluster}: ${steering.kind} by ${steering.by}: nobody brings a scheduler back`,
            "`resume` when that is over",
          ),
        ]
      : []),
    ...(problem
      ? [fault(`${cluster}: ${problem.code} stands: ${problem.sentence}`, "`why` and docs/runbook.md")]
      : []),
  ];
}

/** 126 and 127 are the shell's words for a command that cannot be run. */
const BROKEN_CHECK: ReadonlySet<number> = new Set([126, 127]);

function examineNode(status: Status, node: NodeView): readonly Finding[] {
  const { cluster, view } = status;
  const name = `${cluster}: ${node.id}`;
  if (!answers(node)) {
    if (node.instance === "missing")
      return [fault(`${name} is not found by EC2`, "has it lost the cluster's tag, or is it terminated?")];
    if (node.instance === "stopped")
      return [warning(`${name} is stopped, says EC2`, "start it, so that something can take over")];
    return [
      fault(
        `${name} does not answer (EC2 says ${node.instance})`,
        "is the SSM agent running, has the instance a role with AmazonSSMManagedInstanceCore, and a way to the SSM endpoints?",
      ),
    ];
  }
  const steered = view.steering === null || view.steering === undefined || view.steering.kind === "paused";
  const isActive = node.id === view.active;
  return [
    ok(`${name} answers`),
    ...(steered && isActive && node.guard !== "armed" ? [guardFault(name, node)] : []),
    ...(steered && isActive && node.gate !== "installed" ? [gateFault(name, node)] : []),
    ...(node.health && BROKEN_CHECK.has(node.health.code)
      ? [
          fault(
            `${name}: the health check cannot be run (${node.health.code})`,
            "repair the command in the settings, or install it on the node",
          ),
        ]
      : []),
    ...clock(name, node),
    ...examineMachine(status, node),
  ];
}

function gateFault(name: string, { gate, reason, facts }: NodeView): Finding {
  const what = `${name}: gate is ${gate}: something else may start a second scheduler there`;
  return facts?.systemd === 0
    ? warning(
        `${what}, since there is no systemd to gate its starts`,
        "let nothing but the controller start it",
      )
    : fault(what, reason || "`why` says what stands in its way");
}

function guardFault(name: string, { guard, reason }: NodeView): Finding {
  return fault(
    `${name}: guard is ${guard}: time proves nothing about it, and a node that is cut off is not taken over without EC2's word`,
    reason ||
      "docker clients and su put the scheduler outside its unit: start it in the foreground, or set `fence: ec2-stop`",
  );
}

/** What the settings allow by default; only a deployment with wider ones lets more pass. */
const SKEW_SECONDS = 5;
/** The difference has the way of the answer in it, which a node's wait may make this long. */
const ANSWER_SECONDS = 5;

function clock(name: string, { clockDifferenceSeconds: seconds }: NodeView): readonly Finding[] {
  if (seconds === null || (seconds <= SKEW_SECONDS && seconds >= -SKEW_SECONDS - ANSWER_SECONDS)) return [];
  return [
    fault(
      `${name}: its clock is off by ${seconds} s: it refuses grants`,
      "let chrony follow 169.254.169.123",
    ),
  ];
}

function examineNews({ view, cluster }: Status): readonly Finding[] {
  if (view.newsWaiting === 0) return [];
  return [
    warning(
      `${cluster}: ${view.newsWaiting} pieces of news are not told yet`,
      "if that stays so, mails do not go out: `send_test_email` says why",
    ),
  ];
}

/** Said each time: a doctor who does not say what he has not looked at is believed too much. */
export const NOT_EXAMINED = [
  "who else starts a scheduler on the nodes, cron and other units above all: systemctl list-unit-files '*scheduler*'",
  "time synchronisation on the nodes: chronyc tracking",
  "drift of the stack, if nobody has asked lately: aws cloudformation detect-stack-drift",
  "whether a permissions boundary will deny the controller what it has not needed yet: what it was denied is above",
  "whether you need this at all, where the settings name a unit and no profile: Airflow 2 or later with row locks runs several schedulers by itself",
] as const;

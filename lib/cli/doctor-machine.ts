/** What nodes tell of themselves beside their scheduler, and what the settings give away about them. */
import type { ClusterSettings, Settings } from "../core/settings.ts";
import { fault, ok, unknown, warning, type Finding } from "./finding.ts";
import type { NodeView, Status } from "./replies.ts";

/** Where systemd first asks a condition before it starts a unit: the gate is one. */
const SYSTEMD_WITH_GATES = 243;

const AT_BOOT: ReadonlySet<string> = new Set(["enabled", "enabled-runtime", "linked", "linked-runtime"]);

/** Nothing is known of a node that has told no facts: its program is an older one, or it does not answer. */
export function examineMachine({ cluster, view }: Status, { id, facts }: NodeView): readonly Finding[] {
  if (!facts) return [];
  const name = `${cluster}: ${id}`;
  const observes = view.steering?.kind === "observing";
  return [
    ...examinePredecessor(name, facts, observes),
    ...(facts.systemd > 0 && facts.systemd < SYSTEMD_WITH_GATES
      ? [
          fault(
            `${name}: systemd ${facts.systemd} has no gates, ${SYSTEMD_WITH_GATES} has: nothing keeps a unit from being started`,
            "upgrade the image; until then `start` instead of `unit` is guarded by a process of its own",
          ),
        ]
      : []),
    ...(AT_BOOT.has(facts.enabled)
      ? [
          warning(
            `${name}: its unit is ${facts.enabled}: a boot starts a scheduler, until the gate is there`,
            "systemctl disable it; an image that must keep it enabled needs docs/node.md's script",
          ),
        ]
      : []),
    ...(facts.restart === "no"
      ? [
          warning(
            `${name}: its unit has Restart=no: a scheduler that dies is back with a tick, not in a second`,
            "Restart=on-failure: the node brings it back under its grant, and tells",
          ),
        ]
      : []),
    ...(facts.systemd >= SYSTEMD_WITH_GATES
      ? [ok(`${name}: systemd ${facts.systemd}${facts.restart === "" ? "" : `, Restart=${facts.restart}`}`)]
      : []),
    examineFolders(name, facts.agentFolders),
  ];
}

function examinePredecessor(
  name: string,
  { predecessor, predecessorAtBoot }: NonNullable<NodeView["facts"]>,
  observes: boolean,
): readonly Finding[] {
  const fix = "stop and disable its unit on every node: docs/migration.md";
  const found = [
    ...(predecessor === 0
      ? []
      : [`${name}: the on-node controller runs there (process ${predecessor}), and starts schedulers too`]),
    ...(predecessorAtBoot
      ? [`${name}: a boot starts the on-node controller: its unit is enabled there`]
      : []),
  ];
  return found.map((what) =>
    observes
      ? warning(`${what}; as planned while you only observe`, `before you take over, ${fix}`)
      : fault(what, fix),
  );
}

/** More than a day's commands, at a beat of 10 s. By default agents keep two weeks of them, 120,960. */
const MANY_FOLDERS = 10_000;

function examineFolders(name: string, folders: number | undefined): Finding {
  const fix =
    '"Ssm": {"OrchestrationDirectoryCleanup": "clean-success"} in /etc/amazon/ssm/amazon-ssm-agent.json, restart the agent, and remove the old folders';
  if (folders === undefined)
    return unknown(
      `${name} does not say how many folders of past commands its SSM agent keeps`,
      "du -sh /var/lib/amazon/ssm/*/document/orchestration on the node",
    );
  if (folders >= 0 && folders < MANY_FOLDERS)
    return ok(`${name}: the SSM agent keeps ${folders} folders of past commands`);
  const count =
    folders < 0 ? "more folders of past commands than can be counted" : `${folders} folders of past commands`;
  return warning(`${name}: the SSM agent keeps ${count}: they take space and inodes`, fix);
}

/** Programs that put what they start into another control group or session than that of whoever calls them. */
const LEAVES_UNIT = /(^|[\s;&|(/])(docker|podman|nerdctl|su|sudo|runuser|screen|tmux|nohup)\s/;

export function examineScheduling({ clusters }: Settings): readonly Finding[] {
  return Object.entries(clusters).flatMap(([name, cluster]) => examineStart(name, cluster));
}

const HAS_ITS_OWN: ReadonlySet<string> = new Set(["airflow-2", "airflow-3"]);

/** `profile`: the daemon that the cluster's settings name. */
export function examineNeed(name: string, profile: string | null | undefined): readonly Finding[] {
  if (!HAS_ITS_OWN.has(profile ?? "")) return [];
  return [
    warning(
      `${name}: Airflow 2 and later runs several schedulers by itself on PostgreSQL or MySQL 8: you may not need this`,
      "if `airflow config get-value scheduler use_row_level_locking` says True there, start a second scheduler instead; what this still gives you: a hung scheduler is restarted, nodes are watched from outside, and moves by one command",
    ),
  ];
}

function examineStart(name: string, { scheduler }: ClusterSettings): readonly Finding[] {
  const found = LEAVES_UNIT.exec(scheduler.start ?? "")?.[2];
  if (found === undefined) return [];
  return [
    fault(
      `${name}: \`start\` uses ${found}: the scheduler leaves what guard and stop look at`,
      "start it in the foreground and without a container; `user` says as whom",
    ),
  ];
}

/** A sound deployment for `doctor`, and what it finds there. */
import type { Reply } from "../../../lambda/actions/reply.ts";
import type { Instance } from "../../../lib/cli/connection.ts";
import { type, type Script } from "./scripted-io.ts";

const answer = (action: string, data: object): Reply => ({
  ok: true,
  action,
  cluster: "main",
  code: "STEADY",
  sentence: "The scheduler runs on i-a; i-b could take over.",
  data: { ...data },
});

export const AT = "2027-01-15T08:00:00.000Z";
export const FACTS = {
  systemd: 252,
  restart: "on-failure",
  enabled: "disabled",
  predecessor: 0,
  agentFolders: 12,
};
const node = (id: string, changes: object = {}) => ({
  id,
  role: id === "i-a" ? "active" : "standby",
  state: id === "i-a" ? "running" : "stopped",
  guard: "armed",
  gate: "installed",
  instance: "running",
  reportedAt: AT,
  reportAgeSeconds: 2,
  facts: FACTS,
  ...changes,
});

/** As `inspect` tells it of the deployed settings. */
export const DEPLOYED = {
  tag: { key: "scheduler-failover", value: "main" },
  instanceIds: null,
  profile: null,
  unit: "airflow-scheduler.service",
};

export const instance = (id: string, changes: Partial<Instance> = {}): Instance => ({
  id,
  state: "running",
  profile: "arn:aws:iam::123456789012:instance-profile/Airflow",
  ...changes,
});

/** A sound deployment, but for what is said of `i-a`, and of what is deployed of each cluster. */
export function deployment(
  changes: object = {},
  status: object = {},
  hash?: string,
  clusters: Readonly<Record<string, object>> = { main: DEPLOYED },
): Script {
  const nodes = [node("i-a", changes), node("i-b")];
  return {
    invoke: ({ action, cluster = "" }) => {
      if (action === "version")
        return answer(action, { version: "0.1.0", clusters: Object.keys(clusters), settingsHash: hash });
      if (action === "inspect") return answer(action, { nodes, deployed: clusters[cluster] });
      return answer(action, {
        recorded: true,
        phase: "steady",
        active: "i-a",
        tickedAt: AT,
        nodes,
        ...status,
      });
    },
  };
}

export interface Finding {
  readonly level: string;
  readonly what: string;
  readonly fix?: string;
}

export async function examine(script: Script, words = "doctor --json"): Promise<readonly Finding[]> {
  const services = {
    instances: () => Promise.resolve([instance("i-a"), instance("i-b")]),
    ...script.services,
  };
  const { io } = await type(words, { ...script, services });
  return (JSON.parse(io.output) as { findings: Finding[] }).findings;
}

export const bad = (findings: readonly Finding[]) =>
  findings.filter(({ level }) => level === "FAULT" || level === "warning");

/** `doctor`: examines a deployment and says what to do about each finding. */
import { resolve } from "node:path";
import type { ExitCode } from "../io.ts";
import { examineCluster, examineSettings, examineVersions, NOT_EXAMINED } from "../doctor.ts";
import type { Finding, Level } from "../finding.ts";
import { examineNeed, examineScheduling } from "../doctor-machine.ts";
import { examineNodes, type ClusterNodes } from "../doctor-nodes.ts";
import {
  asked,
  examineCaller,
  examineDeployedSettings,
  examineLog,
  examineMail,
  examineStack,
} from "../doctor-services.ts";
import { wrap, type Colour } from "../render.ts";
import { readClusters, readDeployed, readNodes, readStatus, type Status } from "../replies.ts";
import type { CommonOptions, Session } from "../session.ts";
import { define, runs, withCluster, withJson, type Tool } from "../tool.ts";

interface DoctorOptions extends CommonOptions {
  readonly settings?: string;
}

export function addDoctor(tool: Tool): void {
  const command = define(tool, {
    name: "doctor",
    group: "look",
    summary: "Examine the deployment, and say what to do about each finding",
    description:
      "Function and versions, ticks, scheduler; of each node guard, gate, clock, systemd, its unit, and whether the on-node controller still runs there or comes with a boot; who carries the cluster's tag, has no role, or belongs to two clusters; the SSM agents and the folders that they keep; what you may do, what the controller was denied, drift, and who gets the alarms. With --settings also the settings, whether they are the deployed ones, and SES. It ends with what it cannot see from here.",
    exits: ["no fault was found", "a fault was found"],
  });
  withJson(withCluster(command), "print the findings as JSON").option(
    "--settings <file>",
    "the settings that are deployed",
  );
  runs<DoctorOptions>(tool, command, async (session, options) => {
    const findings = await examine(tool, session, options);
    if (options.json === true)
      session.io.out(JSON.stringify({ findings, notExamined: NOT_EXAMINED }, undefined, 2));
    session.out(render(session, findings));
    return exitOf(findings);
  });
}

async function examine(
  { io, version }: Tool,
  session: Session,
  { settings: file, cluster }: DoctorOptions,
): Promise<readonly Finding[]> {
  const deployed = readClusters(session.expect(await session.look("version", { cluster: undefined })));
  const clusters = cluster === undefined ? deployed.clusters : [cluster];
  const states = await Promise.all(clusters.map((name) => stateOf(session, name)));
  const written = file === undefined ? undefined : examineSettings(resolve(io.directory, file), file);
  const { settings } = written ?? {};
  return [
    examineVersions(version, deployed.version),
    ...(written?.findings ?? [
      { level: "unknown", what: "settings and mail: not examined", fix: "pass --settings FILE" } as const,
    ]),
    ...states.flatMap(({ status }) => examineCluster(status, io.now())),
    ...states.flatMap(({ cluster, deployed }) => examineNeed(cluster, deployed?.profile)),
    ...(await examineNodes(session.connection.services, states)),
    ...(await asked("your own role", () => examineCaller(session))),
    ...(await asked("the controller's log", () => examineLog(session))),
    ...(await asked("the stack", () => examineStack(session))),
    ...(settings ? examineDeployedSettings(settings, deployed.settingsHash) : []),
    ...(settings ? examineScheduling(settings) : []),
    ...(settings ? await asked("SES", () => examineMail(session, settings)) : []),
  ];
}

interface State extends ClusterNodes {
  readonly status: Status;
}

async function stateOf(session: Session, cluster: string): Promise<State> {
  const status = readStatus(session.expect(await session.look("status", { cluster })));
  // Clocks, machines and what is deployed are told by `inspect` alone, which versions before this one do not have.
  const inspected = status.view.recorded ? await session.look("inspect", { cluster }) : undefined;
  if (!inspected?.ok) return { cluster, status, deployed: undefined, ids: [] };
  const nodes = [...readNodes(inspected)];
  return {
    cluster,
    status: { ...status, view: { ...status.view, nodes } },
    deployed: readDeployed(inspected),
    ids: nodes.map(({ id }) => id),
  };
}

const COLOURS: Readonly<Record<Level, Colour>> = {
  ok: "green",
  warning: "yellow",
  FAULT: "red",
  unknown: "yellow",
};
const WIDTH = "warning".length;

function render({ paint }: Session, findings: readonly Finding[]): string {
  const indent = " ".repeat(WIDTH + 2);
  const lines = findings.map(({ level, what, fix }) => {
    const text = wrap(`${level.padEnd(WIDTH)}  ${what}`, indent);
    const head = `${paint(COLOURS[level], text.slice(0, WIDTH))}${text.slice(WIDTH)}`;
    return fix === undefined ? head : `${head}\n${wrap(`${indent}-> ${fix}`, `${indent}   `)}`;
  });
  const rest = NOT_EXAMINED.map((each) => wrap(`- ${each}`, "  "));
  return [...lines, "", "Not to be seen from here:", ...rest].join("\n");
}

function exitOf(findings: readonly Finding[]): ExitCode {
  return findings.some(({ level }) => level === "FAULT") ? 1 : 0;
}

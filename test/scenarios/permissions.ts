/** What IAM says of every call in a scenario: with resource and context, by the policies as they are synthesized. */
import { readdirSync, readFileSync } from "node:fs";
import type { CallRecord } from "../../lib/sandbox/gateway/call-log.ts";
import { isAllowed } from "../deploy/calls/evaluate.ts";
import { CONTROLLER, LOOP, askedBy, type IamRequest } from "../deploy/calls/requests.ts";
import { readRoles, type Role } from "../deploy/calls/roles.ts";
import type { Stage } from "./stage.ts";

/** Each is one sentence. Where a scenario deploys anew, each call must be allowed by one of its deployments. */
export async function checkPermissions(stage: Stage): Promise<readonly string[]> {
  const { folder } = stage.sandbox;
  const later = readdirSync(folder.path).filter((name) => name.startsWith("cdk.out-"));
  const deployed = [stage.assembly, ...later.map((name) => folder.file(name))].map(readRoles);
  const calls = readFileSync(folder.file("calls.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as CallRecord);
  const tags = Object.fromEntries(stage.sandbox.state().nodes.map((node) => [node.id, node.tags]));
  const check = async (roles: readonly Role[], caller: RegExp, who: string) => {
    const asked = askedBy(caller, calls, tags);
    const allowed = await Promise.all(asked.map((request) => isAllowedToAny(roles, request)));
    if (asked.length === 0) return [`${who} called nothing`];
    return asked
      .filter((_, index) => allowed[index] !== true)
      .map(
        ({ action, resource, context }) =>
          `IAM denies ${who} ${action} on ${resource} ${JSON.stringify(context)}`,
      );
  };
  return [
    ...(await check(
      deployed.map(({ controller }) => controller),
      CONTROLLER,
      "the controller",
    )),
    ...(await check(
      deployed.map(({ loop }) => loop),
      LOOP,
      "the loop",
    )),
    ...checkOperator(calls),
  ];
}

async function isAllowedToAny(roles: readonly Role[], request: IamRequest): Promise<boolean> {
  const results = await Promise.all(
    roles.map(({ arn, statements }) => isAllowed(arn, request, { identity: statements })),
  );
  return results.includes(true);
}

/** What the scenarios themselves ask. */
const OPERATOR: ReadonlySet<string> = new Set(["lambda:Invoke", "ssm:ListCommandInvocations"]);

function checkOperator(calls: readonly CallRecord[]): readonly string[] {
  const others = calls.filter(({ caller }) => !CONTROLLER.test(caller) && !LOOP.test(caller));
  const strange = others
    .map(({ caller, service, operation }) => [caller, `${service}:${operation}`] as const)
    .filter(([, name]) => !OPERATOR.has(name))
    .map(([caller, name]) => `${caller} called ${name}, which no scenario does`);
  return [...new Set(strange)];
}

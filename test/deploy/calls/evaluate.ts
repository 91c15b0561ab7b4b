/** Whether IAM allows a request, by an evaluator that knows AWS's own list of actions, resources and condition keys. */
import { runSimulation } from "@cloud-copilot/iam-simulate";
import { SANDBOX_ACCOUNT } from "../../../lib/sandbox/template/place.ts";
import type { IamRequest } from "./requests.ts";

export interface Policies {
  /** Of the role that asks. */
  readonly identity?: readonly object[];
  /** Of the resource that is asked for. */
  readonly resource?: readonly object[];
}

export const isAllowed = async (
  principal: string,
  { action, resource, context }: IamRequest,
  policies: Policies,
): Promise<boolean> => {
  const document = (statements: readonly object[]) => ({ Version: "2012-10-17", Statement: statements });
  const result = await runSimulation(
    {
      identityPolicies: policies.identity ? [{ name: "own", policy: document(policies.identity) }] : [],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(policies.resource ? { resourcePolicy: document(policies.resource) } : {}),
      request: {
        action,
        principal,
        resource: { resource, accountId: SANDBOX_ACCOUNT },
        contextVariables: { ...context },
      },
    },
    {},
  );
  if (result.resultType === "error") {
    throw new Error(`${action} on ${resource} cannot be evaluated: ${JSON.stringify(result.errors)}`);
  }
  return result.overallResult === "Allowed";
};

/** What standing faults do to the calls that pass the gateway. */
import { AwsError } from "../gateway/aws-error.ts";
import type { Interception } from "../gateway/gateway.ts";
import type { Call } from "../gateway/service.ts";
import type { FaultName } from "./catalogue.ts";
import type { Faults } from "./faults.ts";

const OUTAGES: Readonly<Record<string, FaultName>> = {
  ssm: "ssm-down",
  dynamodb: "dynamodb-down",
  ec2: "ec2-down",
  ses: "ses-down",
  events: "events-down",
};
/** The error with which each service says that it is broken. */
const OUTAGE_CODES: Readonly<Record<string, string>> = {
  ssm: "InternalServerError",
  dynamodb: "InternalServerError",
  ec2: "InternalError",
  ses: "InternalFailure",
  events: "InternalException",
};
/** A call that is not answered is given up by every client before this. */
const HANG_MILLISECONDS = 120_000;

export function interceptionOf(faults: Faults, killFunction: (accessKey: string) => boolean): Interception {
  /** Whether this call is the one at which the function is to be killed. */
  const counted = new WeakMap<object, number>();
  const killAt = (call: Call, when: "before" | "after"): boolean => {
    const fault = faults.find("lambda-killed-at");
    if (fault === undefined || !call.caller.startsWith("function:")) return false;
    const { call: wanted, nth, when: chosen } = fault.parameters;
    if (wanted !== undefined && wanted !== `${call.service}:${call.operation}`) return false;
    if (when === "before") counted.set(fault, (counted.get(fault) ?? 0) + 1);
    if (chosen !== when || counted.get(fault) !== nth) return false;
    if (!killFunction(call.accessKey)) return false;
    faults.spend(fault, `the function's process was killed ${when} ${call.service}:${call.operation}`);
    return true;
  };
  return {
    before: async (call) => {
      if (killAt(call, "before")) return "drop";
      return await outageOf(faults, call);
    },
    after: (call) => (killAt(call, "after") ? "drop" : undefined),
  };
}

async function outageOf(faults: Faults, call: Call): Promise<"drop" | undefined> {
  if (call.service === "ssm" && faults.find("ssm-throttled") !== undefined) {
    throw new AwsError("ThrottlingException", "Rate exceeded");
  }
  if (call.service === "lambda" && call.operation === "Invoke") refuseInvocation(faults);
  const name = OUTAGES[call.service];
  const fault = name === undefined ? undefined : faults.find(name);
  if (fault === undefined) return undefined;
  if (fault.parameters["mode"] === "drop") return "drop";
  if (fault.parameters["mode"] === "hang") {
    await new Promise((resolve) => {
      setTimeout(resolve, HANG_MILLISECONDS).unref();
    });
    return "drop";
  }
  throw new AwsError(OUTAGE_CODES[call.service] ?? "InternalFailure", "The sandbox imitates an outage.", {
    status: 500,
  });
}

function refuseInvocation(faults: Faults): void {
  if (faults.find("lambda-throttled") !== undefined) {
    throw new AwsError("TooManyRequestsException", "Rate Exceeded.", {
      status: 429,
      members: { Reason: "ConcurrentInvocationLimitExceeded" },
    });
  }
  if (faults.find("role-missing") !== undefined) {
    const message = "The role defined for the function cannot be assumed by Lambda.";
    throw new AwsError("AccessDeniedException", message, { status: 403 });
  }
}

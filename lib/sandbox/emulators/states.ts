/** Step Functions: starting the loop by hand and looking at it. */
import { AwsError } from "../gateway/aws-error.ts";
import { awsJson } from "../gateway/protocols.ts";
import type { Call, Service } from "../gateway/service.ts";
import type { StateMachineRunner } from "../state-machine.ts";
import { textOf } from "../values.ts";

export function statesService(machines: readonly StateMachineRunner[]): Service {
  const find = ({ params }: Call): StateMachineRunner => {
    const machine = machines.find(({ model }) => model.arn === params["stateMachineArn"]);
    if (machine !== undefined) return machine;
    throw new AwsError(
      "StateMachineDoesNotExist",
      `State Machine Does Not Exist: '${textOf(params["stateMachineArn"])}'`,
    );
  };
  return {
    name: "states",
    protocol: awsJson("1.0"),
    operations: {
      StartExecution: (call) => {
        const execution = find(call).start(inputOf(call), nameOf(call));
        return { executionArn: execution.arn, startDate: execution.startedAt / 1000 };
      },
      ListStateMachines: () => ({
        stateMachines: machines.map(({ model }) => ({
          stateMachineArn: model.arn,
          name: model.name,
          type: model.type,
          creationDate: 0,
        })),
      }),
      DescribeStateMachine: (call) => {
        const { model } = find(call);
        return {
          stateMachineArn: model.arn,
          name: model.name,
          type: model.type,
          status: "ACTIVE",
          definition: model.definition,
          creationDate: 0,
        };
      },
      ListExecutions: (call) => {
        const machine = find(call);
        // Step Functions keeps no list of Express executions, and says so.
        if (machine.model.type === "EXPRESS") {
          throw new AwsError(
            "StateMachineTypeNotSupported",
            "This operation is not supported by this type of state machine",
          );
        }
        return {
          executions: machine.executions.toReversed().map((one) => ({
            executionArn: one.arn,
            stateMachineArn: machine.model.arn,
            name: one.name,
            status: one.status,
            startDate: one.startedAt / 1000,
            ...(one.endedAt === undefined ? {} : { stopDate: one.endedAt / 1000 }),
          })),
        };
      },
    },
  };
}

function inputOf({ params }: Call): unknown {
  try {
    return JSON.parse(typeof params["input"] === "string" ? params["input"] : "{}");
  } catch (cause) {
    throw new AwsError("InvalidExecutionInput", `Invalid State Machine Execution Input: ${String(cause)}`);
  }
}

function nameOf({ params }: Call): string | undefined {
  const { name } = params;
  if (name === undefined) return undefined;
  if (typeof name !== "string" || !/^[\w-]{1,80}$/u.test(name)) {
    throw new AwsError("InvalidName", `Invalid Name: '${textOf(name)}'`);
  }
  return name;
}

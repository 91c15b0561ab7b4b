import { Aws, Duration, RemovalPolicy } from "aws-cdk-lib";
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IAlias } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Schedule, ScheduleExpression } from "aws-cdk-lib/aws-scheduler";
import { StepFunctionsStartExecution } from "aws-cdk-lib/aws-scheduler-targets";
import {
  Choice,
  Condition,
  DefinitionBody,
  type IChainable,
  JitterType,
  JsonPath,
  LogLevel,
  Pass,
  Result,
  StateMachine,
  StateMachineType,
  Succeed,
  TaskInput,
  Timeout,
  Wait,
  WaitTime,
} from "aws-cdk-lib/aws-stepfunctions";
import { LambdaInvoke } from "aws-cdk-lib/aws-stepfunctions-tasks";
import { Construct } from "constructs";
import { LONGEST_PATIENCE_SECONDS } from "../core/schedule.ts";
import type { Settings } from "../core/settings.ts";
import { acknowledge } from "./acknowledge.ts";
import { retention } from "./retention.ts";

export interface LoopProps {
  readonly settings: Settings;
  readonly tick: IAlias;
  /** What the log group's name begins with. */
  readonly name: string;
}

/**
 * The beat: a schedule starts one Express execution a minute, which ticks until a newer one has taken over. The tick
 * itself says when it is due next, and for how long it is waited for. Whatever becomes of a tick, the loop goes on: one
 * that is slow is not waited for past the next beat. Step Functions does not end the function then, it only turns away:
 * the slow tick comes to its own end, and the next one finds its cluster leased.
 */
export class Loop extends Construct {
  readonly stateMachine: StateMachine;
  readonly schedule: Schedule;

  constructor(scope: Construct, id: string, { settings, tick, name }: LoopProps) {
    super(scope, id);
    /** The prefix keeps the log delivery's resource policy short; there is no other way to name such a group. */
    const logGroup = new LogGroup(this, "Logs", {
      logGroupName: `/aws/vendedlogs/states/${name}-loop`,
      retention: retention(settings.logRetentionDays),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.stateMachine = new StateMachine(this, "StateMachine", {
      stateMachineType: StateMachineType.EXPRESS,
      comment: "Ticks the scheduler failover controller until a newer execution has taken over",
      definitionBody: DefinitionBody.fromChainable(this.definition(settings, tick)),
      /** Below the 300 s at which an Express execution is ended: after its own end, with a last tick and a wait. */
      timeout: Duration.seconds(LOOP_TIMEOUT_SECONDS),
      role: this.role(tick).withoutPolicyUpdates(),
      logs: { destination: logGroup, level: LogLevel.ERROR, includeExecutionData: true },
    });
    acknowledge(this.stateMachine, {
      SF1: "Only errors are logged: all events of a loop that ticks every few seconds would cost more than the controller",
      SF2: "Not traced: the controller's log has every tick, and a trace of each would cost as much as the loop",
    });
    this.schedule = this.everyMinute();
  }

  private definition({ beatSeconds }: Settings, alias: IAlias): IChainable {
    /** Also after a tick that did not answer: what it would have said is not known, and a beat is due. */
    const beat = Pass.jsonPath(this, "Beat", {
      result: Result.fromObject({ Payload: { patience: Math.min(beatSeconds, LONGEST_PATIENCE_SECONDS) } }),
    });
    const tick = LambdaInvoke.jsonPath(this, "Tick", {
      lambdaFunction: alias,
      payload: TaskInput.fromObject({
        action: "tick",
        execution: { id: JsonPath.executionId, startedAt: JsonPath.executionStartTime },
        patience: JsonPath.numberAt(PATIENCE),
      }),
      resultSelector: { Payload: JsonPath.objectAt("$.Payload") },
      /** The default would retry for two minutes, and with that miss a dozen beats. */
      retryOnServiceExceptions: false,
      taskTimeout: Timeout.at(PATIENCE),
    });
    const waitUntilNext = Wait.jsonPath(this, "Wait until next", { time: WaitTime.timestampPath(NEXT) });
    /** By seconds: after an error there is no `next`, or only one in the past. */
    const waitABeat = Wait.jsonPath(this, "Wait a beat", {
      time: WaitTime.duration(Duration.seconds(beatSeconds)),
    });
    const superseded = Choice.jsonPath(this, "Done?")
      .when(
        Condition.and(Condition.isPresent(DONE), Condition.booleanEquals(DONE, true)),
        Succeed.jsonPath(this, "Done"),
      )
      .when(
        Condition.and(
          Condition.isPresent(NEXT),
          Condition.isTimestamp(NEXT),
          Condition.isPresent(PATIENCE),
          Condition.isNumeric(PATIENCE),
          Condition.numberGreaterThan(PATIENCE, 0),
        ),
        waitUntilNext,
      )
      /** An answer without an instant is a fault of the tick, and no reason to stop the beat. */
      .otherwise(waitABeat);
    tick.addRetry(BRIEFLY);
    tick.addCatch(beat, { errors: ["States.Timeout"] });
    tick.addCatch(waitABeat, { errors: ["States.ALL"] });
    waitUntilNext.next(tick);
    waitABeat.next(beat);
    return beat.next(tick.next(superseded));
  }

  /** All in the role itself, so that it is complete before the state machine is made. */
  private role(tick: IAlias): Role {
    const role = new Role(this, "Role", {
      assumedBy: ownAccount("states.amazonaws.com"),
      inlinePolicies: {
        Loop: new PolicyDocument({
          statements: [
            new PolicyStatement({
              sid: "Tick",
              actions: ["lambda:InvokeFunction"],
              resources: [tick.functionArn],
            }),
            /** On `*`, since log deliveries have no resource-level permissions. */
            new PolicyStatement({
              sid: "DeliverLogs",
              actions: [
                "logs:CreateLogDelivery",
                "logs:GetLogDelivery",
                "logs:UpdateLogDelivery",
                "logs:DeleteLogDelivery",
                "logs:ListLogDeliveries",
                "logs:PutResourcePolicy",
                "logs:DescribeResourcePolicies",
                "logs:DescribeLogGroups",
              ],
              resources: ["*"],
            }),
          ],
        }),
      },
    });
    acknowledge(role, { "IAM5[Resource::*]": "Log deliveries have no resource-level permissions" });
    return role;
  }

  private everyMinute(): Schedule {
    const role = new Role(this, "ScheduleRole", {
      assumedBy: ownAccount("scheduler.amazonaws.com"),
      inlinePolicies: {
        Schedule: new PolicyDocument({
          statements: [
            new PolicyStatement({
              sid: "StartLoop",
              actions: ["states:StartExecution"],
              resources: [this.stateMachine.stateMachineArn],
            }),
          ],
        }),
      },
    });
    return new Schedule(this, "Schedule", {
      description: "Starts the loop of the scheduler failover controller",
      schedule: ScheduleExpression.rate(Duration.minutes(1)),
      target: new StepFunctionsStartExecution(this.stateMachine, {
        role: role.withoutPolicyUpdates(),
        /** A minute that was missed is made good by the next; the running loop goes on meanwhile. */
        retryAttempts: 0,
        maxEventAge: Duration.seconds(60),
      }),
    });
  }
}

/** The loop ends itself after `loopSeconds`; until then a last tick and a last wait may be under way. */
export const LOOP_TIMEOUT_SECONDS = 295;

/** The tick's answer, by the names of lambda/loop.ts. */
const DONE = "$.Payload.done";
const NEXT = "$.Payload.next";
/**
 * Below `Payload` in what goes into the task as well as in what it is asked: Step Functions applies the path of a timeout
 * to the first, other interpreters to the second.
 */
const PATIENCE = "$.Payload.patience";

/** What did not reach the function is worth a second try within the beat. A tick that failed or timed out is not. */
const BRIEFLY = {
  errors: [
    "Lambda.TooManyRequestsException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
  ],
  interval: Duration.seconds(1),
  maxAttempts: 2,
  backoffRate: 1,
  jitterStrategy: JitterType.FULL,
};

const ownAccount = (service: string) =>
  new ServicePrincipal(service, { conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } } });

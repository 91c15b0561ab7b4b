import { Duration } from "aws-cdk-lib";
import { EventField, Rule, RuleTargetInput } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import type { IAlias } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import type { Settings } from "../core/settings.ts";

/**
 * EC2's word that an instance changes its state wakes a tick before its time. It is never evidence itself: the tick
 * asks EC2 again.
 */
export class InstanceEvents extends Construct {
  readonly rule: Rule;

  constructor(scope: Construct, id: string, { settings, tick }: { settings: Settings; tick: IAlias }) {
    super(scope, id);
    const ids = listedNodes(settings);
    this.rule = new Rule(this, "Rule", {
      description: "Wakes the scheduler failover controller when an instance stops or starts",
      eventPattern: {
        source: ["aws.ec2"],
        detailType: ["EC2 Instance State-change Notification"],
        detail: {
          state: ["running", "stopping", "stopped", "shutting-down", "terminated"],
          ...(ids ? { "instance-id": ids } : {}),
        },
      },
      targets: [
        new LambdaFunction(tick, {
          event: RuleTargetInput.fromObject({
            action: "wake",
            source: "ec2",
            instanceId: EventField.fromPath("$.detail.instance-id"),
            state: EventField.fromPath("$.detail.state"),
          }),
          retryAttempts: 0,
          maxEventAge: Duration.seconds(60),
        }),
      ],
    });
  }
}

/** An event pattern has at most 2,048 characters. */
const MOST_LISTED = 60;

/** All nodes, if every cluster lists its own and a pattern holds them; events have no tags to choose by. */
const listedNodes = ({ clusters }: Settings): readonly string[] | undefined => {
  const lists = Object.values(clusters).map(({ nodes }) => nodes.instanceIds);
  const ids = [...new Set(lists.flatMap((list) => list ?? []))];
  return lists.every((list) => list !== undefined) && ids.length <= MOST_LISTED ? ids : undefined;
};

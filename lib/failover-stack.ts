import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { SchedulerFailover } from "./constructs/scheduler-failover.ts";
import type { Settings } from "./core/settings.ts";
import { FailoverSettings } from "./failover-settings.ts";
import type { AppliedProfile } from "./settings/apply-profile.ts";

/** With more clusters nobody reads a template line by line. */
const MOST_READABLE = 10;

export interface FailoverStackProps extends StackProps {
  readonly settings: Settings;
  /** What became of the values of the profiles that the settings name; told when the app is synthesized. */
  readonly profiles?: readonly AppliedProfile[];
  /** The controller's bundled code: path of the module. */
  readonly handler: string;
}

/** One deployment as a stack of its own, with the outputs that the command-line tool looks for. */
export class FailoverStack extends Stack {
  readonly failover: SchedulerFailover;

  constructor(scope: Construct, id: string, { settings, profiles, handler, ...props }: FailoverStackProps) {
    /** Blanks are a third of a template, and many clusters need the room. */
    const suppressTemplateIndentation = Object.keys(settings.clusters).length > MOST_READABLE;
    /** Without its controller a cluster's schedulers stop when their grants run out: no stack to be deleted by accident. */
    super(scope, id, { terminationProtection: true, suppressTemplateIndentation, ...props });
    /** `Default` is no part of a logical id: the stack's parts are named as if they stood in it themselves. */
    this.failover = new SchedulerFailover(this, "Default", {
      settings: FailoverSettings.checked(settings, profiles),
      handler,
    });
    const { function: controller, table, dashboardUrl, topic } = this.failover;
    this.output("FunctionName", controller.functionName, "Invoke its alias `operate` or `read`");
    this.output("TableName", table.tableName, "Records and history; kept when the stack is deleted");
    this.output("DashboardUrl", dashboardUrl, "Is it running, where, since when, what happened");
    this.output("TopicArn", topic.topicArn, "Where the alarms go");
  }

  private output(name: string, value: string, description: string): CfnOutput {
    return new CfnOutput(this, name, { value, description });
  }
}

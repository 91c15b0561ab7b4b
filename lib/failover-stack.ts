import { CfnOutput, CfnRule, Fn, Stack, type StackProps, Annotations } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { AlertChannels } from "./constructs/alert-channels.ts";
import { Alarms } from "./constructs/alarms.ts";
import { Controller } from "./constructs/controller.ts";
import { DashboardAddress, FailoverDashboard } from "./constructs/dashboard.ts";
import { InstanceEvents } from "./constructs/instance-events.ts";
import { Loop } from "./constructs/loop.ts";
import { ControllerMetrics } from "./constructs/metrics.ts";
import { NodeDocuments } from "./constructs/node-documents.ts";
import { RecordTable } from "./constructs/record-table.ts";
import type { Settings } from "./core/settings.ts";
import { placeholders } from "./settings/placeholders.ts";

export interface FailoverStackProps extends StackProps {
  readonly settings: Settings;
  /** The controller's bundled code and the settings beside it. */
  readonly codeDirectory: string;
}

/** With more clusters nobody reads a template line by line. */
const MOST_READABLE = 10;

/** One deployment: the controller of one or more clusters, and everything it needs. */
export class FailoverStack extends Stack {
  readonly controller: Controller;
  readonly loop: Loop;
  readonly instanceEvents: InstanceEvents;
  readonly overview: FailoverDashboard;

  constructor(scope: Construct, id: string, { settings, codeDirectory, ...props }: FailoverStackProps) {
    /** Without its controller a cluster's schedulers stop when their grants run out: no stack to be deleted by accident. */
    const clusters = Object.keys(settings.clusters);
    /** Blanks are a third of a template, and many clusters need the room. */
    const suppressTemplateIndentation = clusters.length > MOST_READABLE;
    super(scope, id, { terminationProtection: true, suppressTemplateIndentation, ...props });
    const { stackName } = this;
    const alarmPrefix = `${stackName}-`;
    this.refusePlaceholders(settings);

    const records = new RecordTable(this, "Records");
    const documents = new NodeDocuments(this, "NodeDocuments", { settings, stackName });
    const address = new DashboardAddress(this, "DashboardAddress", stackName);
    this.controller = new Controller(this, "Controller", {
      settings,
      table: records.table,
      documents,
      dashboardUrl: address.url,
      namespace: stackName,
      codeDirectory,
    });
    const { tick, read, logGroup } = this.controller;
    this.loop = new Loop(this, "Loop", { settings, tick, stackName });
    this.instanceEvents = new InstanceEvents(this, "InstanceEvents", { settings, tick });
    const { topic } = new AlertChannels(this, "Alerts", { alerts: settings.alerts, alarmPrefix });
    const metrics = new ControllerMetrics(stackName, tick);
    const alarms = new Alarms(this, "Alarms", { clusters, metrics, topic, prefix: alarmPrefix });
    this.overview = new FailoverDashboard(this, "Overview", {
      name: address.name,
      clusters,
      metrics,
      alarms: alarms.all,
      logGroup,
      read,
    });

    this.output(
      "FunctionName",
      this.controller.function.functionName,
      "Invoke its alias `operate` or `read`",
    );
    this.output("TableName", records.table.tableName, "Records and history; kept when the stack is deleted");
    this.output("DashboardUrl", address.url, "Is it running, where, since when, what happened");
    this.output("TopicArn", topic.topicArn, "Where the alarms go");
  }

  private output(name: string, value: string, description: string): CfnOutput {
    return new CfnOutput(this, name, { value, description });
  }

  /**
   * Settings with the example's values can be synthesized, to look at the template, but not deployed: CloudFormation
   * refuses the stack before it makes anything.
   */
  private refusePlaceholders(settings: Settings): CfnRule | undefined {
    const found = placeholders(settings);
    if (found.length === 0) return undefined;
    const message = `The settings still carry an example's values and cannot be deployed: ${found.join("; ")}`;
    Annotations.of(this).addWarningV2("settings:placeholders", message);
    return new CfnRule(this, "SettingsAreYours", {
      assertions: [{ assert: Fn.conditionEquals("example", "yours"), assertDescription: message }],
    });
  }
}

import { Annotations, CfnRule, Fn, Stack, Token } from "aws-cdk-lib";
import type { Alarm, Dashboard, Metric, MetricOptions } from "aws-cdk-lib/aws-cloudwatch";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import type { IRule } from "aws-cdk-lib/aws-events";
import type { Grant, IGrantable } from "aws-cdk-lib/aws-iam";
import type { IAlias, IFunction } from "aws-cdk-lib/aws-lambda";
import type { QueryDefinition } from "aws-cdk-lib/aws-logs";
import type { IEmailIdentity } from "aws-cdk-lib/aws-ses";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { IStateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import type { Settings } from "../core/settings.ts";
import type { FailoverSettings } from "../failover-settings.ts";
import { nodeSetup } from "../node-document.ts";
import { PREBUILT_HANDLER } from "../prebuilt-handler.ts";
import { DEPLOYMENT_NAME, DEPLOYMENT_NAME_RULE } from "../settings/context.ts";
import { placeholders } from "../settings/placeholders.ts";
import { AlertChannels } from "./alert-channels.ts";
import { Alarms } from "./alarms.ts";
import { Controller } from "./controller.ts";
import { DashboardAddress, FailoverDashboard } from "./dashboard.ts";
import { InstanceEvents } from "./instance-events.ts";
import { Loop } from "./loop.ts";
import { ControllerMetrics } from "./metrics.ts";
import { NodeDocuments } from "./node-documents.ts";
import { Queries } from "./queries.ts";
import { RecordTable } from "./record-table.ts";

export interface SchedulerFailoverProps {
  /** What is watched and who is told: `FailoverSettings.fromFile(...)` or `.of({...})`. */
  readonly settings: FailoverSettings;

  /**
   * What the names of documents, alarms, log group and dashboard begin with, and the namespace of the metrics. A stack
   * with two of these constructs gives each a name of its own.
   * @default - the stack's name
   */
  readonly deploymentName?: string;

  /**
   * The topic that gets the alarms. If it is encrypted, CloudWatch must be allowed to use its key.
   * @default - `alerts.topicArn` of the settings, or else a topic of its own, encrypted with a key of its own
   */
  readonly topic?: ITopic;

  /**
   * The SES identity that `alerts.from` is sent from, where it exists already.
   * @default - `alerts.identity` of the settings, or else an identity is made for `alerts.from`, which SES asks to confirm
   */
  readonly identity?: IEmailIdentity;

  /**
   * The controller's bundled code: the path of an ES module that exports `handler`.
   * @default - the one that the package ships
   */
  readonly handler?: string;
}

/**
 * Keeps exactly one scheduler running in each cluster of its settings: the controller with all that it needs, table,
 * loop, documents, alarms and dashboard.
 *
 * The table outlives the stack, and a deletion of the stack stops the schedulers when their grants run out: consider
 * `terminationProtection` for the stack.
 */
export class SchedulerFailover extends Construct {
  /** Names of the clusters. */
  readonly clusters: readonly string[];
  /** The controller. It is invoked through the aliases `operate` and `read`: see `grantOperate` and `grantRead`. */
  readonly function: IFunction;
  /** Records and history; kept when the stack is deleted. */
  readonly table: ITable;
  /** Where the alarms go. */
  readonly topic: ITopic;
  readonly alarms: readonly Alarm[];
  /** Three questions of whoever looks back, saved in Logs Insights. */
  readonly queries: readonly QueryDefinition[];
  readonly dashboard: Dashboard;
  /** The dashboard's address in the console: is it running, where, since when, what happened. */
  readonly dashboardUrl: string;
  /** The loop. */
  readonly stateMachine: IStateMachine;
  /** What EC2 says of instances, handed to the controller. */
  readonly instanceEvents: IRule;
  private readonly settings: Settings;
  private readonly operateAlias: IAlias;
  private readonly readAlias: IAlias;
  private readonly metrics: ControllerMetrics;

  constructor(scope: Construct, id: string, props: SchedulerFailoverProps) {
    super(scope, id);
    const settings = props.settings.complete;
    this.settings = settings;
    const name = props.deploymentName ?? nameOfStack(this);
    if (!DEPLOYMENT_NAME.test(name)) throw new Error(`deploymentName is "${name}": ${DEPLOYMENT_NAME_RULE}`);
    this.clusters = Object.keys(settings.clusters);
    const { clusters } = this;
    const alarmPrefix = `${name}-`;
    this.refusePlaceholders(placeholders(settings));
    // To the error output: the other one is the template's. The command-line tool shows no notes of type info.
    for (const profile of props.settings.profiles) console.error(profile);

    this.table = new RecordTable(this, "Records").table;
    const documents = new NodeDocuments(this, "NodeDocuments", { settings, prefix: alarmPrefix });
    const address = new DashboardAddress(this, "DashboardAddress", name);
    const controller = new Controller(this, "Controller", {
      settings,
      table: this.table,
      documents,
      dashboardUrl: address.url,
      namespace: name,
      handler: props.handler ?? PREBUILT_HANDLER,
    });
    const { tick, read, operate, logGroup } = controller;
    const loop = new Loop(this, "Loop", { settings, tick, name });
    this.instanceEvents = new InstanceEvents(this, "InstanceEvents", { settings, tick }).rule;
    const { alerts } = settings;
    const { topic } = new AlertChannels(this, "Alerts", { alerts, alarmPrefix, ...existing(props) });
    this.queries = new Queries(this, "Queries", { logGroup, folder: name }).all;
    this.metrics = new ControllerMetrics(name, tick);
    const { metrics } = this;
    this.alarms = new Alarms(this, "Alarms", { clusters, metrics, topic, prefix: alarmPrefix }).all;
    const overview = new FailoverDashboard(this, "Overview", {
      name: address.name,
      clusters,
      metrics,
      alarms: this.alarms,
      logGroup,
      read,
    });
    this.function = controller.function;
    this.topic = topic;
    this.dashboard = overview.dashboard;
    this.dashboardUrl = address.url;
    this.stateMachine = loop.stateMachine;
    this.operateAlias = operate;
    this.readAlias = read;
  }

  /** Allows the actions that only look, such as `status`, `history` and `why`, and the dashboard's widgets. */
  grantRead(grantee: IGrantable): Grant {
    return this.readAlias.grantInvoke(grantee);
  }

  /** Allows the actions that change something, such as `failover` and `pause`, and those that only look. */
  grantOperate(grantee: IGrantable): Grant {
    return this.grantRead(grantee).combine(this.operateAlias.grantInvoke(grantee));
  }

  /**
   * The script that installs guard and gate on a node of the cluster when its image is built, or as user data: an image
   * whose unit is enabled may start its scheduler before the first converge.
   */
  nodeSetup(cluster: string): string {
    const settings = this.settings.clusters[this.known(cluster)];
    if (settings === undefined) throw new Error(`the settings have no cluster ${cluster}`);
    return nodeSetup(cluster, settings);
  }

  /** The most schedulers that a tick of the minute found running: 1 is well. */
  metricSchedulersRunning(cluster: string, options?: MetricOptions): Metric {
    return this.metrics.schedulersRunning(this.known(cluster)).with(options ?? {});
  }

  /** Nodes of which a tick did not know whether they run the scheduler. */
  metricNodesUnknown(cluster: string, options?: MetricOptions): Metric {
    return this.metrics.nodesUnknown(this.known(cluster)).with(options ?? {});
  }

  /** Ticks of the minute that were carried through. */
  metricTicks(cluster: string, options?: MetricOptions): Metric {
    return this.metrics.ticks(this.known(cluster)).with(options ?? {});
  }

  /** Entries of the history. */
  metricTransitions(cluster: string, options?: MetricOptions): Metric {
    return this.metrics.transitions(this.known(cluster)).with(options ?? {});
  }

  /** Moves of the scheduler to another node. */
  metricFailovers(cluster: string, options?: MetricOptions): Metric {
    return this.metrics.failovers(this.known(cluster)).with(options ?? {});
  }

  /** How long a drill took, there and back, in seconds; a figure only where there was one. */
  metricDrillSeconds(cluster: string, options?: MetricOptions): Metric {
    return this.metrics.drillSeconds(this.known(cluster)).with(options ?? {});
  }

  /** How long there was no scheduler in a drill, in seconds; a figure only where there was one. */
  metricDrillGapSeconds(cluster: string, options?: MetricOptions): Metric {
    return this.metrics.drillGap(this.known(cluster)).with(options ?? {});
  }

  /** Drills that failed. */
  metricDrillsFailed(cluster: string, options?: MetricOptions): Metric {
    return this.metrics.drillsFailed(this.known(cluster)).with(options ?? {});
  }

  /** What was left of the active node's grant, in seconds, at the least. */
  metricGrantSecondsLeft(cluster: string, options?: MetricOptions): Metric {
    return this.metrics.grantSecondsLeft(this.known(cluster)).with(options ?? {});
  }

  /** Age of the oldest news that is still to be told, in seconds. */
  metricOutboxAge(cluster: string, options?: MetricOptions): Metric {
    return this.metrics.outboxAge(this.known(cluster)).with(options ?? {});
  }

  /** Invocations of the loop that ended in an error or in the function's timeout. */
  metricTickErrors(options?: MetricOptions): Metric {
    return this.metrics.tickErrors().with(options ?? {});
  }

  /** How long an invocation of the loop took. */
  metricTickDuration(options?: MetricOptions): Metric {
    return this.metrics.tickDuration().with(options ?? {});
  }

  /** A metric of a name that no cluster has would be silent for ever. */
  private known(cluster: string): string {
    if (this.clusters.includes(cluster)) return cluster;
    throw new Error(`there is no cluster "${cluster}": there are ${this.clusters.join(", ")}`);
  }

  /**
   * Settings with the example's values can be synthesized, to look at the template, but not deployed: CloudFormation
   * refuses the stack before it makes anything.
   */
  private refusePlaceholders(found: readonly string[]): CfnRule | undefined {
    if (found.length === 0) return undefined;
    const message = `The settings still carry an example's values and cannot be deployed: ${found.join("; ")}`;
    Annotations.of(this).addWarningV2("settings:placeholders", message);
    return new CfnRule(this, "SettingsAreYours", {
      assertions: [{ assert: Fn.conditionEquals("example", "yours"), assertDescription: message }],
    });
  }
}

const existing = ({ settings, topic, identity }: SchedulerFailoverProps) => {
  const { topicArn, identity: named } = settings.complete.alerts;
  if (topic && topicArn !== undefined) throw new Error("topic is given, and so is alerts.topicArn: give one");
  if (identity && named !== undefined)
    throw new Error("identity is given, and so is alerts.identity: give one");
  return { ...(topic ? { topic } : {}), ...(identity ? { identity } : {}) };
};

const nameOfStack = (scope: Construct): string => {
  const { stackName } = Stack.of(scope);
  if (!Token.isUnresolved(stackName)) return stackName;
  throw new Error("deploymentName must be given here: a nested stack has no name before it is deployed");
};

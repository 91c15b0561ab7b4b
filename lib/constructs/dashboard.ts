import { Aws, CfnMapping, Duration } from "aws-cdk-lib";
import {
  type Alarm,
  AlarmStatusWidget,
  Color,
  CustomWidget,
  Dashboard,
  GraphWidget,
  type IWidget,
  LogQueryVisualizationType,
  LogQueryWidget,
  SingleValueWidget,
  TextWidget,
} from "aws-cdk-lib/aws-cloudwatch";
import type { IAlias } from "aws-cdk-lib/aws-lambda";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { LOG_FIELDS, LOG_MESSAGES } from "../core/metrics.ts";
import { type ControllerMetrics } from "./metrics.ts";

const WIDTH = 24;

/** The dashboard's name and address, which the controller's mails carry: known before the dashboard is made. */
export class DashboardAddress extends Construct {
  readonly name: string;
  readonly url: string;

  constructor(scope: Construct, id: string, stackName: string) {
    super(scope, id);
    /** With the region, since an account's dashboards share one list. */
    this.name = `${stackName}-${Aws.REGION}`;
    const hosts = new CfnMapping(this, "Console", {
      mapping: {
        aws: { host: "console.aws.amazon.com" },
        "aws-cn": { host: "console.amazonaws.cn" },
        "aws-us-gov": { host: "console.amazonaws-us-gov.com" },
      },
    });
    const host = hosts.findInMap(Aws.PARTITION, "host");
    this.url = `https://${Aws.REGION}.${host}/cloudwatch/home?region=${Aws.REGION}#dashboards/dashboard/${this.name}`;
  }
}

export interface FailoverDashboardProps {
  readonly name: string;
  readonly clusters: readonly string[];
  readonly metrics: ControllerMetrics;
  readonly alarms: readonly Alarm[];
  readonly logGroup: ILogGroup;
  /** What the widgets of the clusters are rendered by. */
  readonly read: IAlias;
}

/** Answers, from top to bottom: is it running, where, since when, what happened. */
export class FailoverDashboard extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, props: FailoverDashboardProps) {
    super(scope, id);
    this.dashboard = new Dashboard(this, "Dashboard", {
      dashboardName: props.name,
      defaultInterval: Duration.hours(3),
      widgets: [
        ...alarmRows(props.alarms),
        ...props.clusters.map((cluster) => [nowOf(cluster, props.read)]),
        [whereAndSince(props.logGroup)],
        ...props.clusters.map((cluster) => clusterRow(cluster, props.metrics)),
        [whatHappened(props.logGroup)],
        [controllerItself(props.metrics), runbook()],
      ],
    });
  }
}

/** An alarm widget shows so many alarms at the most. */
const ALARMS_IN_WIDGET = 100;

const alarmRows = (alarms: readonly Alarm[]): IWidget[][] =>
  Array.from({ length: Math.ceil(alarms.length / ALARMS_IN_WIDGET) }, (_, n) => {
    const shown = alarms.slice(n * ALARMS_IN_WIDGET, (n + 1) * ALARMS_IN_WIDGET);
    return [new AlarmStatusWidget({ title: "Alarms", alarms: [...shown], width: WIDTH, height: 3 })];
  });

/** From the record itself, with buttons: who may look at the dashboard needs to be allowed to invoke the alias. */
const nowOf = (cluster: string, read: IAlias): IWidget =>
  new CustomWidget({
    title: `${cluster}: now`,
    functionArn: read.functionArn,
    params: { action: "status", cluster },
    updateOnTimeRangeChange: false,
    updateOnResize: false,
    width: WIDTH,
    height: 6,
  });

const whereAndSince = (logGroup: ILogGroup): IWidget =>
  new LogQueryWidget({
    title: "Where it runs, and what the last tick says",
    logGroupNames: [logGroup.logGroupName],
    view: LogQueryVisualizationType.TABLE,
    queryLines: [
      `filter message = "${LOG_MESSAGES.tick}"`,
      `stats latest(${LOG_FIELDS.active}) as node, latest(${LOG_FIELDS.phase}) as phase, latest(${LOG_FIELDS.since}) as since, latest(${LOG_FIELDS.sentence}) as says, max(@timestamp) as tick by ${LOG_FIELDS.cluster}`,
      `sort ${LOG_FIELDS.cluster}`,
    ],
    width: WIDTH,
    height: 5,
  });

const whatHappened = (logGroup: ILogGroup): IWidget =>
  new LogQueryWidget({
    title: "What happened",
    logGroupNames: [logGroup.logGroupName],
    view: LogQueryVisualizationType.TABLE,
    queryLines: [
      `filter message = "${LOG_MESSAGES.transition}"`,
      `fields @timestamp, ${LOG_FIELDS.cluster}, ${LOG_FIELDS.code}, ${LOG_FIELDS.sentence}`,
      "sort @timestamp desc",
      "limit 50",
    ],
    width: WIDTH,
    height: 8,
  });

const clusterRow = (cluster: string, metrics: ControllerMetrics): IWidget[] => [
  new SingleValueWidget({
    title: `${cluster}: is it running`,
    metrics: [metrics.schedulersRunning(cluster), metrics.nodesUnknown(cluster)],
    width: 4,
    height: 6,
  }),
  new GraphWidget({
    title: `${cluster}: schedulers and transitions`,
    left: [metrics.schedulersRunning(cluster)],
    right: [metrics.transitions(cluster), metrics.failovers(cluster), metrics.nodesUnknown(cluster)],
    leftYAxis: { min: 0, max: 3 },
    rightYAxis: { min: 0 },
    leftAnnotations: [{ value: 1, color: Color.GREEN, label: "exactly one" }],
    width: 8,
    height: 6,
  }),
  new GraphWidget({
    title: `${cluster}: grant, ticks and untold news`,
    left: [metrics.grantSecondsLeft(cluster), metrics.outboxAge(cluster)],
    right: [metrics.ticks(cluster)],
    leftYAxis: { min: 0, label: "seconds" },
    rightYAxis: { min: 0 },
    width: 7,
    height: 6,
  }),
  new GraphWidget({
    title: `${cluster}: drills`,
    left: [metrics.drillSeconds(cluster), metrics.drillGap(cluster)],
    right: [metrics.drillsFailed(cluster)],
    leftYAxis: { min: 0, label: "seconds" },
    rightYAxis: { min: 0 },
    width: 5,
    height: 6,
  }),
];

const controllerItself = (metrics: ControllerMetrics): IWidget =>
  new GraphWidget({
    title: "The controller itself",
    left: [metrics.tickDuration()],
    right: [metrics.tickErrors()],
    leftYAxis: { min: 0 },
    rightYAxis: { min: 0 },
    width: 12,
    height: 6,
  });

const runbook = (): IWidget =>
  new TextWidget({
    markdown: [
      "### If something is wrong",
      "1. Invoke the action `status`: it says what is, and what the controller waits for.",
      "2. `history` says what happened and why, `why` what is not done and why not.",
      "3. Alarm *no ticks*: look at the loop's executions and the controller's log.",
      "4. `failover` moves the scheduler by hand.",
    ].join("\n"),
    width: 12,
    height: 6,
  });

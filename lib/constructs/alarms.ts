import { Alarm, ComparisonOperator, Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import { type ControllerMetrics } from "./metrics.ts";

export interface AlarmsProps {
  readonly clusters: readonly string[];
  readonly metrics: ControllerMetrics;
  readonly topic: ITopic;
  /** What the alarms' names begin with. */
  readonly prefix: string;
}

/** One alarm, all of whose periods are minutes. */
interface Watch {
  /** Part of the alarm's name. */
  readonly name: string;
  readonly metric: Metric;
  readonly fires: "below" | "above";
  readonly threshold: number;
  /** It fires when so many of the last minutes were bad. */
  readonly minutes: readonly [bad: number, of: number];
  readonly missing: TreatMissingData;
  /** What is wrong, and what to do. */
  readonly says: string;
  /** Whether its end is told, too; an event has none. */
  readonly ends: boolean;
}

/** What must not stay unseen. Names begin with the stack's name, so that a mail says where it comes from. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const watches = [
      ...props.clusters.flatMap((cluster) => clusterWatches(cluster, props.metrics)),
      ticksFailing(props.metrics),
    ];
    this.all = watches.map((watch) => this.alarm(watch, props));
  }

  private alarm(watch: Watch, { topic, prefix }: AlarmsProps): Alarm {
    const alarm = new Alarm(this, watch.name, {
      alarmName: `${prefix}${watch.name}`,
      alarmDescription: watch.says,
      metric: unlabelled(watch.metric),
      threshold: watch.threshold,
      comparisonOperator: COMPARISON[watch.fires],
      datapointsToAlarm: watch.minutes[0],
      evaluationPeriods: watch.minutes[1],
      treatMissingData: watch.missing,
    });
    const action = new SnsAction(topic);
    alarm.addAlarmAction(action);
    if (watch.ends) alarm.addOkAction(action);
    return alarm;
  }
}

/** Only a graph shows a label, and an alarm on a metric that has one is written as metric math. */
const unlabelled = ({ namespace, metricName, dimensions = {}, statistic, period }: Metric): Metric =>
  new Metric({ namespace, metricName, dimensionsMap: { ...dimensions }, statistic, period });

const COMPARISON = {
  below: ComparisonOperator.LESS_THAN_THRESHOLD,
  above: ComparisonOperator.GREATER_THAN_THRESHOLD,
};

const clusterWatches = (cluster: string, metrics: ControllerMetrics): readonly Watch[] => [
  {
    name: `${cluster}-no-scheduler`,
    metric: metrics.schedulersRunning(cluster),
    fires: "below",
    threshold: 1,
    /** A restart in place may take the better part of a minute and is told by mail. */
    minutes: [2, 2],
    /** Without ticks nothing is known; the alarm for that is another one. */
    missing: TreatMissingData.IGNORE,
    says: `Cluster ${cluster}: no node is known to run the scheduler. Invoke the action "status": it says what the controller is doing about it, and if it is waiting, for what.`,
    ends: true,
  },
  {
    name: `${cluster}-two-schedulers`,
    metric: metrics.schedulersRunning(cluster),
    fires: "above",
    threshold: 1,
    minutes: [1, 1],
    missing: TreatMissingData.NOT_BREACHING,
    says: `Cluster ${cluster}: more than one node runs the scheduler. The controller stops all but one; look at "history" for who started the other, and disable whatever starts it beside the controller.`,
    ends: true,
  },
  {
    name: `${cluster}-no-ticks`,
    metric: metrics.ticks(cluster),
    fires: "below",
    threshold: 1,
    minutes: [3, 3],
    missing: TreatMissingData.BREACHING,
    says: `Cluster ${cluster}: no tick was carried through, so nobody watches the scheduler and no mail is sent. Look at the controller's log and the loop's executions; is the schedule enabled, and do DynamoDB and SSM answer?`,
    ends: true,
  },
  {
    name: `${cluster}-failover`,
    metric: metrics.failovers(cluster),
    fires: "above",
    threshold: 0,
    minutes: [1, 1],
    missing: TreatMissingData.NOT_BREACHING,
    says: `Cluster ${cluster}: the scheduler was moved to another node. The mail and the action "history" say why; if it ended well, there is nothing to do.`,
    ends: false,
  },
  {
    name: `${cluster}-drill-failed`,
    metric: metrics.drillsFailed(cluster),
    fires: "above",
    threshold: 0,
    minutes: [1, 1],
    missing: TreatMissingData.NOT_BREACHING,
    says: `Cluster ${cluster}: a drill failed or was not begun, so a failover might fail too. The scheduler has not been left alone: "status" says where it runs. Look at "history": before DRILL_FAILED, or with DRILL_REFUSED, it has the reason; put that right, then "drill" again.`,
    ends: false,
  },
  {
    name: `${cluster}-outbox-old`,
    metric: metrics.outboxAge(cluster),
    fires: "above",
    threshold: OUTBOX_SECONDS,
    minutes: [2, 2],
    /** No figure is put where nothing waits. Without ticks there is none either; the alarm for that is another one. */
    missing: TreatMissingData.NOT_BREACHING,
    says: `Cluster ${cluster}: news waits for more than ${OUTBOX_SECONDS / 60} minutes, so mails or events do not go out. Look at the controller's log: "news could not be delivered" has the reason. Mails: invoke "send_test_email"; is the sender confirmed in SES, and the account out of its sandbox? Events: is there the bus of the setting alerts.eventBus?`,
    ends: true,
  },
];

/** A mail goes out with the tick that wrote it or with the next; five minutes of failures are no hiccup. */
const OUTBOX_SECONDS = 300;

const ticksFailing = (metrics: ControllerMetrics): Watch => ({
  name: "ticks-failing",
  metric: metrics.tickErrors(),
  fires: "above",
  threshold: 0,
  /** One failed tick is made good by the next. */
  minutes: [3, 5],
  missing: TreatMissingData.NOT_BREACHING,
  says: "Ticks of the controller end in errors or run out of time. Its log says why; the schedulers run on as long as their grants are extended in between.",
  ends: true,
});

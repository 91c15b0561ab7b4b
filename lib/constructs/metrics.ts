import { Duration } from "aws-cdk-lib";
import { Metric, Stats } from "aws-cdk-lib/aws-cloudwatch";
import type { IAlias } from "aws-cdk-lib/aws-lambda";
import { CLUSTER_DIMENSION, type MetricName } from "../core/metrics.ts";

const PERIOD = Duration.minutes(1);

/** The controller's figures as CloudWatch metrics, each with the statistic that answers its question. */
export class ControllerMetrics {
  private readonly namespace: string;
  private readonly tick: IAlias;

  constructor(namespace: string, tick: IAlias) {
    this.namespace = namespace;
    this.tick = tick;
  }

  /** The most schedulers that a tick of the minute found running: 0 only if none of them found one. */
  schedulersRunning(cluster: string): Metric {
    return this.ofCluster("SchedulersRunning", cluster, Stats.MAXIMUM, "schedulers running");
  }

  /** The ticks of the minute that were carried through: each puts the metric once. */
  ticks(cluster: string): Metric {
    return this.ofCluster("SchedulersRunning", cluster, Stats.SAMPLE_COUNT, "ticks a minute");
  }

  nodesUnknown(cluster: string): Metric {
    return this.ofCluster("NodesUnknown", cluster, Stats.MAXIMUM, "nodes unknown");
  }

  transitions(cluster: string): Metric {
    return this.ofCluster("Transitions", cluster, Stats.SUM, "transitions");
  }

  failovers(cluster: string): Metric {
    return this.ofCluster("Failovers", cluster, Stats.SUM, "failovers");
  }

  drillSeconds(cluster: string): Metric {
    return this.ofCluster("DrillSeconds", cluster, Stats.MAXIMUM, "drill, there and back");
  }

  drillGap(cluster: string): Metric {
    return this.ofCluster("DrillGapSeconds", cluster, Stats.MAXIMUM, "without a scheduler in it");
  }

  drillsFailed(cluster: string): Metric {
    return this.ofCluster("DrillsFailed", cluster, Stats.SUM, "drills failed");
  }

  /** The least, since that is how near the scheduler came to losing its grant. */
  grantSecondsLeft(cluster: string): Metric {
    return this.ofCluster("GrantSecondsLeft", cluster, Stats.MINIMUM, "grant left");
  }

  outboxAge(cluster: string): Metric {
    return this.ofCluster("OutboxAgeSeconds", cluster, Stats.MAXIMUM, "oldest untold news");
  }

  /** Ticks that ended in an error or in the function's timeout. */
  tickErrors(): Metric {
    return this.tick.metricErrors({ period: PERIOD, statistic: Stats.SUM, label: "ticks failed" });
  }

  tickDuration(): Metric {
    return this.tick.metricDuration({ period: PERIOD, statistic: Stats.p(99), label: "tick, p99" });
  }

  /** Without a unit: an alarm that names one sees no figure that came with another. */
  private ofCluster(metricName: MetricName, cluster: string, statistic: string, label: string): Metric {
    return new Metric({
      namespace: this.namespace,
      metricName,
      dimensionsMap: { [CLUSTER_DIMENSION]: cluster },
      statistic,
      period: PERIOD,
      label,
    });
  }
}

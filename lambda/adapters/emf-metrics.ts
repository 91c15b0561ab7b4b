/** Metrics in CloudWatch's embedded format: one line on standard output for each cluster and tick, no call, no wait. */
import { Metrics } from "@aws-lambda-powertools/metrics";
import { CLUSTER_DIMENSION, EVENT_METRICS, METRIC_NAMES, METRIC_UNITS } from "../../lib/core/metrics.ts";
import type { ClusterMetrics, MetricSink } from "../../lib/core/ports.ts";

export class EmfMetricSink implements MetricSink {
  readonly #metrics: Metrics;

  constructor(namespace: string) {
    this.#metrics = new Metrics({ namespace });
    /** A `service` dimension would make each metric another one than the dashboard draws and the alarms watch. */
    this.#metrics.clearDefaultDimensions();
  }

  put(cluster: string, metrics: ClusterMetrics): void {
    this.#metrics.addDimension(CLUSTER_DIMENSION, cluster);
    const told = METRIC_NAMES.filter((name) => metrics[name] > 0 || !EVENT_METRICS.includes(name));
    for (const name of told) this.#metrics.addMetric(name, METRIC_UNITS[name], metrics[name]);
    this.#metrics.publishStoredMetrics();
  }
}

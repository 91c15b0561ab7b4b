import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EmfMetricSink } from "../../../lambda/adapters/emf-metrics.ts";
import { LogJournal } from "../../../lambda/adapters/log-journal.ts";
import { EVENT_METRICS, METRIC_UNITS } from "../../../lib/core/metrics.ts";

let written: string[];

beforeEach(() => {
  written = [];
  const keep = (chunk: unknown): boolean => {
    written.push(String(chunk));
    return true;
  };
  vi.spyOn(process.stdout, "write").mockImplementation(keep);
  vi.spyOn(process.stderr, "write").mockImplementation(keep);
});

afterEach(() => {
  vi.restoreAllMocks();
});

const lines = (): Record<string, unknown>[] =>
  written
    .flatMap((text) => text.trim().split("\n"))
    .map((text) => JSON.parse(text) as Record<string, unknown>);

describe("EmfMetricSink", () => {
  const metrics = {
    SchedulersRunning: 1,
    NodesUnknown: 0,
    Transitions: 2,
    Failovers: 1,
    DrillSeconds: 140,
    DrillGapSeconds: 11,
    DrillsFailed: 1,
    GrantSecondsLeft: 87.5,
    OutboxAgeSeconds: 4.2,
  };

  it("puts every metric of a cluster in one line, with the cluster as its only dimension", () => {
    new EmfMetricSink("failover").put("etl", metrics);
    expect(lines()).toHaveLength(1);
    expect(lines()[0]).toMatchObject({ Cluster: "etl", ...metrics });
    expect(lines()[0]?.["_aws"]).toMatchObject({
      CloudWatchMetrics: [
        {
          Namespace: "failover",
          Dimensions: [["Cluster"]],
          Metrics: Object.entries(METRIC_UNITS).map(([Name, Unit]) => ({ Name, Unit })),
        },
      ],
    });
    expect(lines()[0]).not.toHaveProperty("service");
  });

  it("puts a count of events, or the age of news, only where there are some", () => {
    const calm = { ...metrics, ...Object.fromEntries(EVENT_METRICS.map((name) => [name, 0])) };
    new EmfMetricSink("failover").put("etl", calm);
    const [line] = lines();
    const named = Object.keys(METRIC_UNITS).filter((name) => line && Object.hasOwn(line, name));
    expect(named).toEqual(["SchedulersRunning", "NodesUnknown", "GrantSecondsLeft"]);
  });

  it("keeps clusters and ticks apart", () => {
    const sink = new EmfMetricSink("failover");
    sink.put("etl", metrics);
    sink.put("ml", { ...metrics, SchedulersRunning: 0 });
    expect(lines().map(({ Cluster, SchedulersRunning }) => [Cluster, SchedulersRunning])).toEqual([
      ["etl", 1],
      ["ml", 0],
    ]);
  });
});

describe("LogJournal", () => {
  it("writes a line with what happened, its fields and the request", () => {
    const journal = new LogJournal("info");
    journal.beginRequest("request-1");
    journal.write("info", "tick", { cluster: "etl", code: "STEADY", token: 7 });
    journal.beginRequest("request-2");
    journal.write("warn", "EC2 was not heard", { cluster: "etl" });
    expect(lines()).toMatchObject([
      { level: "INFO", message: "tick", cluster: "etl", code: "STEADY", token: 7, requestId: "request-1" },
      { level: "WARN", message: "EC2 was not heard", cluster: "etl", requestId: "request-2" },
    ]);
    expect(lines()[1]).not.toHaveProperty("token");
  });

  it("writes an error with its name, message and cause", () => {
    const cause = new Error("socket hang up");
    new LogJournal("info").write("error", "tick failed", { error: new TypeError("no", { cause }) });
    expect(lines()[0]?.["error"]).toMatchObject({
      name: "TypeError",
      message: "no",
      cause: { message: "socket hang up" },
    });
  });

  it("leaves out what is below its level", () => {
    const journal = new LogJournal("warn");
    journal.write("info", "tick", {});
    journal.write("debug", "tick", {});
    expect(written).toEqual([]);
  });
});

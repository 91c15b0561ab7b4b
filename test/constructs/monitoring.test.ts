import { describe, expect, it } from "vitest";
import { RULES } from "../../lib/core/decide.ts";
import {
  DRILL_FAILURES,
  EVENT_METRICS,
  FAILOVER_CODE,
  LOG_FIELDS,
  LOG_MESSAGES,
  METRIC_NAMES,
} from "../../lib/core/metrics.ts";
import { changed, cluster } from "../settings/written.ts";
import { deploy } from "./deployed.ts";

const deployed = await deploy(
  changed(["clusters.night", { ...cluster(), scheduler: { unit: "beat.service" } }]),
  "Watch",
);

interface AlarmProperties {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly AlarmActions: readonly string[];
  readonly OKActions?: readonly string[];
  readonly TreatMissingData: string;
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
  readonly Statistic: string;
  readonly Unit?: string;
}

const alarms = deployed
  .ofType("AWS::CloudWatch::Alarm")
  .map(({ properties }) => properties as unknown as AlarmProperties);

describe("alarms", () => {
  it("watch each cluster, and the controller", () => {
    const kinds = ["no-scheduler", "two-schedulers", "no-ticks", "failover", "drill-failed", "outbox-old"];
    expect(alarms.map(({ AlarmName }) => AlarmName)).toEqual([
      ...kinds.map((kind) => `Watch-main-${kind}`),
      ...kinds.map((kind) => `Watch-night-${kind}`),
      "Watch-ticks-failing",
    ]);
  });

  it("tell the topic, and say what to do", () => {
    const topic = `<${deployed.only("AWS::SNS::Topic").id}>`;
    for (const { AlarmActions, AlarmDescription } of alarms) {
      expect(AlarmActions).toEqual([topic]);
      expect(AlarmDescription).toMatch(/Invoke|look at|Look at|says why|say why/);
      expect(AlarmDescription.length).toBeLessThan(1024);
    }
  });

  it("tell their end, too, unless they are of an event", () => {
    const silent = alarms.filter(({ OKActions }) => OKActions === undefined);
    expect(silent.map(({ AlarmName }) => AlarmName)).toEqual(
      ["main", "night"].flatMap((name) => [`Watch-${name}-failover`, `Watch-${name}-drill-failed`]),
    );
  });

  it("fire on silence where ticks are counted, and nowhere else", () => {
    const onSilence = alarms.filter(({ TreatMissingData }) => TreatMissingData === "breaching");
    expect(onSilence.map(({ AlarmName }) => AlarmName)).toEqual([
      "Watch-main-no-ticks",
      "Watch-night-no-ticks",
    ]);
  });

  it("take silence for calm where a metric is put only when there is something to tell", () => {
    const ofEvents = alarms.filter(({ MetricName }) => EVENT_METRICS.some((name) => name === MetricName));
    expect(ofEvents).toHaveLength(6);
    for (const { TreatMissingData } of ofEvents) expect(TreatMissingData).toBe("notBreaching");
  });

  it("rest on metrics that the controller emits, for a cluster that is there, in any unit", () => {
    const own = alarms.slice(0, -1);
    expect(own).toHaveLength(12);
    for (const { Namespace, MetricName, Dimensions, Unit } of own) {
      expect(Namespace).toBe("Watch");
      expect(METRIC_NAMES).toContain(MetricName);
      expect(["main", "night"].map((Value) => [{ Name: "Cluster", Value }])).toContainEqual(Dimensions);
      expect(Unit).toBeUndefined();
    }
  });

  it("tell a move, by the code that the rules give it", () => {
    expect(RULES.after.map(({ code }) => code)).toContain(FAILOVER_CODE);
    const ofMoves = alarms.filter(({ AlarmName }) => AlarmName.endsWith("-failover"));
    expect(ofMoves.map(({ MetricName }) => MetricName)).toEqual(["Failovers", "Failovers"]);
  });

  it("tell a drill that failed, by the codes that the rules give it, and say what to do", () => {
    const codes = [...RULES.before, ...RULES.after].map(({ code }) => code);
    expect(codes).toEqual(expect.arrayContaining([...DRILL_FAILURES]));
    const [alarm] = alarms.filter(({ AlarmName }) => AlarmName.endsWith("main-drill-failed"));
    expect(alarm).toMatchObject({ MetricName: "DrillsFailed", Threshold: 0 });
    for (const code of DRILL_FAILURES) expect(alarm?.AlarmDescription).toContain(code);
  });

  it("count the errors of the alias that ticks", () => {
    const fn = deployed.only("AWS::Lambda::Function").id;
    expect(alarms.at(-1)).toMatchObject({
      Statistic: "Sum",
      Namespace: "AWS/Lambda",
      MetricName: "Errors",
      Dimensions: [
        { Name: "FunctionName", Value: `<${fn}>` },
        { Name: "Resource", Value: `<${fn}>:tick` },
      ],
    });
  });
});

describe("the dashboard", () => {
  interface Widget {
    readonly type: string;
    readonly properties: {
      readonly title?: string;
      readonly query?: string;
      readonly metrics?: readonly unknown[][];
      readonly alarms?: unknown[];
    };
  }
  const { properties } = deployed.only("AWS::CloudWatch::Dashboard");
  const { widgets } = JSON.parse(String(properties["DashboardBody"])) as { widgets: Widget[] };

  it("has a name of its own in each region, since an account's dashboards share one list", () => {
    expect(properties["DashboardName"]).toBe("Watch-<AWS::Region>");
  });

  it("draws every metric of every cluster, and no other", () => {
    const drawn = widgets.flatMap((widget) => widget.properties.metrics ?? []);
    const own = drawn
      .filter(([namespace]) => namespace === "Watch")
      .map(([, name, , value]) => `${String(name)} ${String(value)}`);
    const expected = METRIC_NAMES.flatMap((name) => [`${name} main`, `${name} night`]);
    expect([...new Set(own)].toSorted()).toEqual(expected.toSorted());
    const foreign = drawn
      .filter(([namespace]) => namespace !== "Watch")
      .map(([namespace, name]) => [namespace, name]);
    expect(foreign).toEqual([
      ["AWS/Lambda", "Duration"],
      ["AWS/Lambda", "Errors"],
    ]);
  });

  it("shows all alarms first, then where it runs, and what happened from the controller's own log", () => {
    expect(widgets[0]?.properties.alarms).toHaveLength(alarms.length);
    const queries = widgets.flatMap(({ properties }) =>
      properties.query === undefined ? [] : [properties.query],
    );
    const log = deployed.ofType("AWS::Logs::LogGroup").find(({ id }) => id.startsWith("Controller"));
    expect(queries).toEqual([
      expect.stringContaining('filter message = "tick"'),
      expect.stringContaining('filter message = "transition"'),
    ]);
    for (const query of queries) expect(query).toContain(`SOURCE '<${log?.id}>'`);
  });
});

describe("the saved queries", () => {
  const saved = deployed.ofType("AWS::Logs::QueryDefinition").map(({ properties }) => properties);
  const log = deployed.ofType("AWS::Logs::LogGroup").find(({ id }) => id.startsWith("Controller"));

  it("are three, in a folder of the deployment's name, about the controller's own log", () => {
    expect(saved.map(({ Name }) => Name)).toEqual(
      ["what-happened", "slow-or-failed-ticks", "refusals-and-proofs"].map((name) => `Watch/${name}`),
    );
    for (const { LogGroupNames } of saved) expect(LogGroupNames).toEqual([`<${log?.id}>`]);
  });

  it("ask for fields and messages that the log lines have by these names", () => {
    const known = ["@timestamp", "message", "error.message", ...Object.values(LOG_FIELDS)];
    for (const { QueryString } of saved) {
      const [fields = "", filter = "", ...rest] = String(QueryString).split("\n| ");
      expect(
        fields
          .replace(/^fields /, "")
          .split(", ")
          .filter((name) => !known.includes(name)),
      ).toEqual([]);
      expect(filter).toMatch(/^filter \(/);
      const named = [...filter.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => name);
      const codes = [...RULES.before, ...RULES.after].map(({ code }) => code);
      expect(
        named.filter((name) => ![...codes, ...Object.values<string>(LOG_MESSAGES)].includes(name)),
      ).toEqual([]);
      expect(rest).toEqual(["sort @timestamp desc", "limit 200"]);
    }
  });
});

/** The construct in somebody else's stack. */
import { App, NestedStack, Stack } from "aws-cdk-lib";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { EmailIdentity } from "aws-cdk-lib/aws-ses";
import { Topic } from "aws-cdk-lib/aws-sns";
import { Template } from "aws-cdk-lib/assertions";
import { describe, expect, it, vi } from "vitest";
import { SchedulerFailover, type SchedulerFailoverProps } from "../../lib/constructs/scheduler-failover.ts";
import { METRIC_UNITS } from "../../lib/core/metrics.ts";
import { FailoverSettings } from "../../lib/failover-settings.ts";
import type { SettingsInput } from "../../lib/settings/input.ts";
import { type Change, changed } from "../settings/written.ts";
import { plain, statementsOf } from "./deployed.ts";

/** The template does not depend on what the code does. */
const handler = new URL("idle-handler.ts", import.meta.url).pathname;

const settingsOf = (...changes: readonly Change[]): FailoverSettings =>
  FailoverSettings.of(changed(...changes) as unknown as SettingsInput);

const made = (
  props: (stack: Stack) => Partial<SchedulerFailoverProps> = () => ({}),
  use: (failover: SchedulerFailover, stack: Stack) => void = () => {},
) => {
  const stack = new Stack(new App({ analyticsReporting: false }), "Theirs");
  const failover = new SchedulerFailover(stack, "Failover", {
    settings: settingsOf(),
    handler,
    ...props(stack),
  });
  use(failover, stack);
  const template = Template.fromStack(stack);
  const ofType = (type: string) => Object.entries(template.findResources(type));
  return { failover, stack, ofType };
};

describe("in somebody else's stack", () => {
  it("is named after the stack, below its own id", () => {
    const { ofType, failover } = made();
    expect(failover.clusters).toEqual(["main"]);
    for (const [id, { Properties }] of ofType("AWS::CloudWatch::Alarm")) {
      expect(id).toMatch(/^Failover/);
      expect((Properties as Record<string, unknown>)["AlarmName"]).toMatch(/^Theirs-/);
    }
  });

  it("stands there twice under two names", () => {
    const { ofType } = made(
      () => ({ deploymentName: "Blue" }),
      (_, stack) =>
        new SchedulerFailover(stack, "Green", {
          settings: settingsOf(["alerts.identity", "airline.dev"]),
          handler,
          deploymentName: "Green",
        }),
    );
    const names = ofType("AWS::SSM::Document").map(
      ([, { Properties }]) => (Properties as { Name: string }).Name,
    );
    expect(names).toEqual([expect.stringMatching(/^Blue-main-/), expect.stringMatching(/^Green-main-/)]);
  });

  it("refuses a name that AWS would refuse", () => {
    expect(() => made(() => ({ deploymentName: "a b" }))).toThrow('deploymentName is "a b": must be');
  });

  it("asks for a name in a nested stack, whose own is not known yet", () => {
    const nested = new NestedStack(new Stack(new App(), "Theirs"), "Nested");
    expect(() => new SchedulerFailover(nested, "Failover", { settings: settingsOf(), handler })).toThrow(
      "deploymentName must be given here",
    );
  });

  it("tells, when it is synthesized, what its clusters have from their profiles", ({ onTestFinished }) => {
    const printed = vi.spyOn(console, "error").mockReturnValue();
    onTestFinished(() => printed.mockRestore());
    made(() => ({
      settings: settingsOf(["clusters.main.scheduler", { profile: "airflow-1.10", unit: "ours.service" }]),
    }));
    const [[said] = []] = printed.mock.calls;
    expect(said).toMatch(/^cluster main: profile airflow-1.10, .*; UNTESTED\n/);
    expect(said).toMatch(
      /scheduler.unit +"ours.service" +settings, in place of the profile's airflow-scheduler.service/,
    );
  });

  it("says which file it misses where the handler is not there", () => {
    expect(() => made(() => ({ handler: "/nowhere/index.mjs" }))).toThrow(
      "there is no bundled handler at /nowhere/index.mjs",
    );
  });

  it("tells every fault of its settings at once", () => {
    expect(() => settingsOf(["beatSeconds", 1], ["alerts.to", []])).toThrow(/2 faults in the settings/);
  });
});

describe("what exists already is used", () => {
  it("a topic", () => {
    const { ofType, failover } = made((stack) => ({
      topic: Topic.fromTopicArn(stack, "Existing", "arn:aws:sns:eu-central-1:123456789012:theirs"),
    }));
    expect(ofType("AWS::SNS::Topic")).toEqual([]);
    expect(ofType("AWS::KMS::Key")).toEqual([]);
    expect(failover.topic.topicArn).toBe("arn:aws:sns:eu-central-1:123456789012:theirs");
    for (const [, { Properties }] of ofType("AWS::CloudWatch::Alarm"))
      expect(Properties).toMatchObject({ AlarmActions: [failover.topic.topicArn] });
  });

  it("an SES identity", () => {
    const { ofType } = made((stack) => ({
      identity: EmailIdentity.fromEmailIdentityName(stack, "Domain", "airline.dev"),
    }));
    expect(ofType("AWS::SES::EmailIdentity")).toEqual([]);
  });

  it.each([
    ["topic", "alerts.topicArn", "arn:aws:sns:eu-central-1:123456789012:alarms"],
    ["identity", "alerts.identity", "airline.dev"],
  ])("and not two of them: %s", (prop, path, value) => {
    const two = (stack: Stack) => ({
      settings: settingsOf([path, value]),
      ...(prop === "topic"
        ? { topic: Topic.fromTopicArn(stack, "T", "arn:aws:sns:eu-central-1:123456789012:other") }
        : { identity: EmailIdentity.fromEmailIdentityName(stack, "I", "airline.dev") }),
    });
    expect(() => made(two)).toThrow(`${prop} is given, and so is ${path}: give one`);
  });
});

describe("grants", () => {
  const invokes = (grant: (failover: SchedulerFailover, role: Role) => void): readonly string[] => {
    const { ofType } = made(undefined, (failover, stack) => {
      grant(failover, new Role(stack, "Person", { assumedBy: new ServicePrincipal("ec2.amazonaws.com") }));
    });
    return ofType("AWS::IAM::Policy")
      .filter(([id]) => id.startsWith("Person"))
      .flatMap(([, { Properties }]) =>
        statementsOf(plain((Properties as { PolicyDocument: unknown }).PolicyDocument)),
      )
      .flatMap(({ Action, Resource }) => {
        expect(Action).toBe("lambda:InvokeFunction");
        return Resource;
      });
  };

  it("let a person look, through one alias", () => {
    const resources = invokes((failover, role) => failover.grantRead(role));
    expect(resources.every((one) => one.startsWith("<FailoverControllerRead"))).toBe(true);
    expect(resources).not.toEqual([]);
  });

  it("let an operator look and act, and not tick", () => {
    const resources = invokes((failover, role) => failover.grantOperate(role));
    const aliases = new Set(resources.map((one) => /Controller(Read|Operate|Tick|Function)/.exec(one)?.[1]));
    expect(aliases).toEqual(new Set(["Read", "Operate"]));
  });
});

describe("the script for a node's image", () => {
  const { failover } = made();

  it("is the cluster's own, and fits into user data", () => {
    const script = failover.nodeSetup("main");
    expect(script).toMatch(/^#!\/bin\/sh\n/);
    expect(script).toContain("airflow-scheduler.service");
    expect(Buffer.byteLength(script)).toBeLessThan(16 * 1024);
  });

  it("is none of a cluster that is not there", () => {
    expect(() => failover.nodeSetup("mian")).toThrow('there is no cluster "mian"');
  });
});

describe("metrics", () => {
  const { failover } = made();

  it("are those that the controller puts, by cluster", () => {
    const { namespace, metricName, dimensions } = failover.metricFailovers("main");
    expect({ namespace, metricName, dimensions }).toEqual({
      namespace: "Theirs",
      metricName: "Failovers",
      dimensions: { Cluster: "main" },
    });
  });

  it("are there for every figure of a cluster", () => {
    const ofCluster = [
      failover.metricSchedulersRunning("main"),
      failover.metricNodesUnknown("main"),
      failover.metricTransitions("main"),
      failover.metricFailovers("main"),
      failover.metricDrillSeconds("main"),
      failover.metricDrillGapSeconds("main"),
      failover.metricDrillsFailed("main"),
      failover.metricGrantSecondsLeft("main"),
      failover.metricOutboxAge("main"),
    ];
    expect(ofCluster.map(({ metricName }) => metricName)).toEqual(Object.keys(METRIC_UNITS));
    for (const { dimensions } of ofCluster) expect(dimensions).toEqual({ Cluster: "main" });
  });

  it("take what is wanted otherwise", () => {
    expect(failover.metricTickErrors({ label: "mine" }).label).toBe("mine");
    expect(failover.metricNodesUnknown("main", { statistic: "Average" }).statistic).toBe("Average");
  });

  it("are none of a cluster that is not there", () => {
    expect(() => failover.metricTicks("mian")).toThrow('there is no cluster "mian": there are main');
  });
});

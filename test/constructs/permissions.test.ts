import { AwsSolutionsChecks } from "cdk-nag";
import { describe, expect, it } from "vitest";
import { permissionCharacters } from "../../lib/settings/room.ts";
import { readSettings } from "../../lib/settings/read.ts";
import { deploy, list, roleStatements, statementsOf } from "./deployed.ts";
import { type Change, changed } from "../settings/written.ts";
import { CLUSTERS, LISTED, twoClusters as written } from "./two-clusters.ts";

const deployed = await deploy(written);
const { ofType, only } = deployed;
const fencing = (...names: readonly string[]) =>
  changed(...CLUSTERS, ...names.map((name): Change => [`clusters.${name}.fence`, "ec2-stop"]));
const fenced = await deploy(fencing("main", "night-jobs"));

describe("permissions", () => {
  const statements = roleStatements(deployed);

  it("name each action in full", () => {
    const actions = statements.flatMap(({ Action }) => list(Action));
    expect(actions.filter((action) => !/^[a-z0-9]+:[A-Z][A-Za-z]+$/.test(action))).toEqual([]);
    expect(actions.length).toBeGreaterThan(10);
  });

  it("are on every resource only where the service has no resource-level permissions", () => {
    const everywhere = statements.filter(({ Resource }) => list(Resource).includes("*"));
    expect(everywhere.map(({ Sid, Action }) => [Sid, list(Action).toSorted()])).toEqual([
      ["ReadNodes", ["ec2:DescribeInstances", "ssm:ListCommandInvocations"]],
      ["DeliverLogs", expect.arrayContaining(["logs:CreateLogDelivery", "logs:PutResourcePolicy"])],
    ]);
  });

  it("are on many resources only under a condition", () => {
    const many = statements.filter(({ Resource }) =>
      list(Resource).some((one) => one !== "*" && one.includes("*")),
    );
    expect(many.map(({ Sid, Condition }) => [Sid, Condition])).toEqual([
      ["SendMail", { StringEquals: { "ses:FromAddress": "scheduler@airline.dev" } }],
      ["ReachNodesOfMain", { StringEquals: { "ssm:resourceTag/scheduler-failover": "main" } }],
    ]);
  });

  it("to send a command are for the deployment's own documents, on the clusters' own nodes", () => {
    const [documents, main, night] = statements.filter(({ Action }) =>
      list(Action).includes("ssm:SendCommand"),
    );
    const sent = ofType("AWS::SSM::Document").map(({ properties }) => String(properties["Name"]));
    expect(list(documents?.Resource ?? [])).toEqual(
      sent.map((name) => `arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:document/${name}`),
    );
    expect(list(main?.Resource ?? [])).toEqual([expect.stringMatching(/:instance\/\*$/)]);
    expect(list(night?.Resource ?? [])).toEqual(
      LISTED.map((id) => expect.stringMatching(`:instance/${id}$`)),
    );
  });

  it("reach the one table, and read and write items there", () => {
    const table = only("AWS::DynamoDB::Table").id;
    const own = statements.filter(({ Action }) =>
      list(Action).some((action) => action.startsWith("dynamodb:")),
    );
    expect(own).toHaveLength(1);
    expect(own[0]).toMatchObject({
      Action: ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
      Resource: `<${table}.Arn>`,
    });
  });

  it("let the loop invoke the alias for ticks, and the schedule start the loop, and no more", () => {
    const ofRole = (role: string) =>
      statements.filter(({ holder, Sid }) => holder.startsWith(role) && Sid !== "DeliverLogs");
    expect(ofRole("LoopRole")).toMatchObject([
      { Action: "lambda:InvokeFunction", Resource: expect.stringMatching(/^<ControllerTick\w+>$/) },
    ]);
    expect(ofRole("LoopScheduleRole")).toMatchObject([
      { Action: "states:StartExecution", Resource: expect.stringMatching(/^<LoopStateMachine\w+>$/) },
    ]);
  });

  it("stop instances of fenced clusters only, by their tag or their ids", async () => {
    const fences = (all: typeof statements) =>
      all.filter(({ Action }) => list(Action).includes("ec2:StopInstances"));
    expect(fences(statements)).toEqual([]);
    const one = fences(roleStatements(await deploy(fencing("night-jobs"))));
    expect(one.map(({ Sid }) => Sid)).toEqual(["FenceNodesOfNightJobs"]);
    const [main, night, ...others] = fences(roleStatements(fenced));
    expect(others).toEqual([]);
    expect(main).toMatchObject({
      Resource: expect.stringMatching(/:instance\/\*$/),
      Condition: { StringEquals: { "aws:ResourceTag/scheduler-failover": "main" } },
    });
    expect(list(night?.Resource ?? [])).toEqual(
      LISTED.map((id) => expect.stringMatching(`:instance/${id}$`)),
    );
  });

  it.each([
    ["without a fence", deployed, written],
    ["with one", fenced, fencing("main", "night-jobs")],
  ])("fit a role's policy as the settings' rule reckons, %s", (_, { ofType }, written) => {
    const [policy] = ofType("AWS::IAM::Policy");
    const text = JSON.stringify(policy?.properties["PolicyDocument"])
      .replaceAll("<AWS::Partition>", "aws-us-gov")
      .replaceAll("<AWS::Region>", "ap-southeast-1")
      .replaceAll("<AWS::AccountId>", "123456789012");
    const { clusters } = readSettings({ inline: written, name: "test" });
    const reckoned = permissionCharacters(new Map(Object.entries(clusters)));
    expect(text.length).toBeLessThan(reckoned);
    expect(text.length).toBeGreaterThan(reckoned / 2);
  });

  it("come from no policy that AWS manages, and roles are for one service of this account", () => {
    const roles = ofType("AWS::IAM::Role");
    expect(roles.filter(({ properties }) => "ManagedPolicyArns" in properties)).toEqual([]);
    const trusted = roles.flatMap(({ properties }) => statementsOf(properties["AssumeRolePolicyDocument"]));
    expect(trusted.map(({ Principal }) => Principal)).toEqual([
      { Service: "lambda.amazonaws.com" },
      { Service: "states.amazonaws.com" },
      { Service: "scheduler.amazonaws.com" },
    ]);
  });

  it("are accepted by cdk-nag, findings with a stated reason aside", () => {
    const { violations } = new AwsSolutionsChecks().validateScope(deployed.stack);
    expect(violations.map(({ ruleName }) => ruleName)).toEqual([]);
  });
});

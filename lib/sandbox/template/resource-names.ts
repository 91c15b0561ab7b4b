/** What `Ref` and `Fn::GetAtt` give for each type of resource that a template here refers to. */
import type { Place } from "./place.ts";

export interface Identity {
  readonly logicalId: string;
  readonly name: string;
  readonly place: Place;
  property(name: string): string;
}

interface TypeNames {
  /** The property that names such a resource. */
  readonly nameProperty?: string;
  ref(identity: Identity): string;
  readonly attributes?: Readonly<Record<string, (identity: Identity) => string>>;
}

const arn = (service: string, resource: (name: string) => string) => (identity: Identity) =>
  `arn:aws:${service}:${identity.place.region}:${identity.place.account}:${resource(identity.name)}`;
const iam = (kind: string) => (identity: Identity) =>
  `arn:aws:iam::${identity.place.account}:${kind}/${identity.name}`;
const byName = (identity: Identity): string => identity.name;

const tableArn = arn("dynamodb", (name) => `table/${name}`);
const functionArn = arn("lambda", (name) => `function:${name}`);
const stateMachineArn = arn("states", (name) => `stateMachine:${name}`);
const topicArn = arn("sns", (name) => name);
const logGroupArn = arn("logs", (name) => `log-group:${name}:*`);
/** `FunctionName` may be a name or an ARN; an alias and a version hang below the function's ARN. */
const belowFunction = (suffix: (identity: Identity) => string) => (identity: Identity) => {
  const name = identity.property("FunctionName");
  const base = name.startsWith("arn:") ? name : functionArn({ ...identity, name });
  return `${base}:${suffix(identity)}`;
};

/** The sandbox deploys once: the first version is the only one. */
export const PUBLISHED_VERSION = "1";

const table: TypeNames = { nameProperty: "TableName", ref: byName, attributes: { Arn: tableArn } };

const TYPES: Readonly<Record<string, TypeNames>> = {
  "AWS::DynamoDB::Table": table,
  "AWS::DynamoDB::GlobalTable": table,
  "AWS::Lambda::Function": { nameProperty: "FunctionName", ref: byName, attributes: { Arn: functionArn } },
  "AWS::Lambda::Version": {
    ref: belowFunction(() => PUBLISHED_VERSION),
    attributes: { Version: () => PUBLISHED_VERSION, FunctionArn: belowFunction(() => PUBLISHED_VERSION) },
  },
  "AWS::Lambda::Alias": {
    nameProperty: "Name",
    ref: belowFunction(byName),
    attributes: { AliasArn: belowFunction(byName) },
  },
  "AWS::StepFunctions::StateMachine": {
    nameProperty: "StateMachineName",
    ref: stateMachineArn,
    attributes: { Arn: stateMachineArn, Name: byName },
  },
  "AWS::SSM::Document": { nameProperty: "Name", ref: byName },
  "AWS::IAM::Role": { nameProperty: "RoleName", ref: byName, attributes: { Arn: iam("role") } },
  "AWS::IAM::ManagedPolicy": { nameProperty: "ManagedPolicyName", ref: iam("policy") },
  "AWS::SNS::Topic": {
    nameProperty: "TopicName",
    ref: topicArn,
    attributes: { TopicArn: topicArn, TopicName: byName },
  },
  "AWS::Logs::LogGroup": { nameProperty: "LogGroupName", ref: byName, attributes: { Arn: logGroupArn } },
  "AWS::Events::Rule": {
    nameProperty: "Name",
    ref: byName,
    attributes: { Arn: arn("events", (name) => `rule/${name}`) },
  },
  "AWS::Scheduler::Schedule": {
    nameProperty: "Name",
    ref: byName,
    attributes: { Arn: arn("scheduler", (name) => `schedule/default/${name}`) },
  },
  "AWS::Scheduler::ScheduleGroup": { nameProperty: "Name", ref: byName },
  "AWS::SQS::Queue": {
    nameProperty: "QueueName",
    ref: (identity) =>
      `https://sqs.${identity.place.region}.amazonaws.com/${identity.place.account}/${identity.name}`,
    attributes: { Arn: arn("sqs", (name) => name), QueueName: byName },
  },
  "AWS::CloudWatch::Dashboard": { nameProperty: "DashboardName", ref: byName },
  "AWS::CloudWatch::Alarm": {
    nameProperty: "AlarmName",
    ref: byName,
    attributes: { Arn: arn("cloudwatch", (name) => `alarm:${name}`) },
  },
  "AWS::CloudWatch::CompositeAlarm": {
    nameProperty: "AlarmName",
    ref: byName,
    attributes: { Arn: arn("cloudwatch", (name) => `alarm:${name}`) },
  },
  "AWS::SES::EmailIdentity": { nameProperty: "EmailIdentity", ref: byName },
};

function namesOf(type: string): TypeNames {
  const names = TYPES[type];
  if (names === undefined) throw new Error(`the sandbox does not know what a reference to a ${type} gives`);
  return names;
}

export function nameProperty(type: string): string | undefined {
  return namesOf(type).nameProperty;
}

export function referenceTo(type: string, identity: Identity): string {
  return namesOf(type).ref(identity);
}

export function attributeOf(type: string, attribute: string, identity: Identity): string {
  const read = namesOf(type).attributes?.[attribute];
  if (read === undefined)
    throw new Error(`the sandbox does not know the attribute ${attribute} of a ${type}`);
  return read(identity);
}

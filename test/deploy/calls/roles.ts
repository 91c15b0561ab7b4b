/** Roles and policies of the synthesized template as AWS would have them: every reference resolved. */
import { readAssembly } from "../../../lib/sandbox/template/assembly.ts";
import { SANDBOX_ACCOUNT, SANDBOX_REGION } from "../../../lib/sandbox/template/place.ts";
import { Resolver } from "../../../lib/sandbox/template/resolver.ts";

export interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: unknown;
}

export interface Role {
  readonly arn: string;
  readonly statements: readonly Statement[];
}

export interface Roles {
  readonly controller: Role;
  readonly loop: Role;
  readonly schedule: Role;
  /** The ARN of the one resource of this type. */
  readonly arnOf: (type: string, attribute?: string) => string;
  /** Who may invoke the alias for ticks beside roles: its own policy. */
  readonly onAlias: readonly object[];
}

type Properties = Readonly<Record<string, unknown>>;

export const readRoles = (directory: string): Roles => {
  const { template, stackName } = readAssembly(directory);
  const resolver = new Resolver(template, { account: SANDBOX_ACCOUNT, region: SANDBOX_REGION, stackName });
  const all = Object.entries(template.Resources);
  const idsOf = (type: string): readonly string[] =>
    all.filter(([, { Type }]) => Type === type).map(([id]) => id);
  const only = (type: string): string => {
    const [id, ...others] = idsOf(type);
    if (id === undefined || others.length > 0) throw new Error(`expected one ${type}`);
    return id;
  };
  const properties = (id: string): Properties =>
    resolver.resolve(template.Resources[id]?.Properties ?? {}) as Properties;
  const arnOf = (type: string, attribute = "Arn"): string =>
    resolver.text({ "Fn::GetAtt": [only(type), attribute] });

  const inline = (id: string): readonly Statement[] =>
    ((properties(id)["Policies"] ?? []) as { readonly PolicyDocument: unknown }[]).flatMap(
      ({ PolicyDocument }) => statementsOf(PolicyDocument),
    );
  const attached = (id: string): readonly Statement[] =>
    idsOf("AWS::IAM::Policy")
      .map(properties)
      .filter((policy) => (policy["Roles"] as readonly string[]).includes(resolver.physicalName(id)))
      .flatMap((policy) => statementsOf(policy["PolicyDocument"]));
  const role = (arn: unknown): Role => {
    const id = idsOf("AWS::IAM::Role").find(
      (one) => resolver.text({ "Fn::GetAtt": [one, "Arn"] }) === String(arn),
    );
    if (id === undefined) throw new Error(`no role of the template has the ARN ${String(arn)}`);
    return { arn: String(arn), statements: [...inline(id), ...attached(id)] };
  };
  const schedule = properties(only("AWS::Scheduler::Schedule"))["Target"] as Properties;
  return {
    controller: role(properties(only("AWS::Lambda::Function"))["Role"]),
    loop: role(properties(only("AWS::StepFunctions::StateMachine"))["RoleArn"]),
    schedule: role(schedule["RoleArn"]),
    arnOf,
    onAlias: idsOf("AWS::Lambda::Permission").map(properties).map(asStatement),
  };
};

const statementsOf = (document: unknown): readonly Statement[] =>
  (document as { readonly Statement: readonly Statement[] }).Statement;

/** What Lambda makes of a permission. */
const asStatement = ({ Action, FunctionName, Principal, SourceArn }: Properties): object => ({
  Effect: "Allow",
  Action,
  Resource: FunctionName,
  Principal: { Service: Principal },
  Condition: { ArnLike: { "aws:SourceArn": SourceArn } },
});

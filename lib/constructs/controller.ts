import { createHash } from "node:crypto";
import { CustomResource, Duration, RemovalPolicy } from "aws-cdk-lib";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import {
  ManagedPolicy,
  Policy,
  PolicyDocument,
  type PolicyStatement,
  Role,
  ServicePrincipal,
} from "aws-cdk-lib/aws-iam";
import {
  Alias,
  Architecture,
  type Code,
  type IAlias,
  type IVersion,
  Function as LambdaFunction,
  Runtime,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { functionMegabytes } from "../core/pace.ts";
import { LIMITS, type Settings } from "../core/settings.ts";
import { INLINE_CHARACTERS, permissionCharacters, permissionGroups } from "../settings/room.ts";
import { acknowledge } from "./acknowledge.ts";
import { withControllerCode } from "./controller-code.ts";
import type { NodeDocuments } from "./node-documents.ts";
import { retention } from "./retention.ts";
import {
  publishEvents,
  readNodes,
  sendDocuments,
  sendMail,
  stopNodes,
  useRecords,
  writeLogs,
} from "./permissions.ts";

export interface ControllerProps {
  readonly settings: Settings;
  readonly table: ITable;
  readonly documents: NodeDocuments;
  readonly dashboardUrl: string;
  /** Namespace of the metrics. */
  readonly namespace: string;
  /** Path of the bundled code. */
  readonly handler: string;
}

/**
 * The controller: one function under three aliases, so that who may look, who may act and what ticks are three
 * permissions. An alias points to a version, whose code and environment change together; `$LATEST` would run new code
 * with the old document names for a moment.
 */
export class Controller extends Construct {
  readonly function: LambdaFunction;
  readonly logGroup: LogGroup;
  /** For the loop and for EC2's events. */
  readonly tick: IAlias;
  /** For operators: actions that change something. */
  readonly operate: IAlias;
  /** For those who may look. */
  readonly read: IAlias;

  constructor(scope: Construct, id: string, props: ControllerProps) {
    super(scope, id);
    this.logGroup = new LogGroup(this, "Logs", {
      retention: retention(props.settings.logRetentionDays),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = this.role(props);
    this.function = withControllerCode(this, props.handler, props.settings, (code) =>
      this.lambda(code, role, props),
    );
    this.function.node.addDependency(props.documents, ...this.nodesPolicies(role, props));
    const readiness = this.readiness();
    this.tick = this.alias("tick", "The loop and EC2's events: tick");
    this.operate = this.alias("operate", "Operators: actions that change something");
    this.read = this.alias("read", "Operators: actions that only look");
    for (const alias of [this.tick, this.operate, this.read]) alias.node.addDependency(readiness);
  }

  private lambda(code: Code, role: Role, props: ControllerProps): LambdaFunction {
    return new LambdaFunction(this, "Function", {
      description: "Keeps exactly one scheduler running in each cluster",
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: "index.handler",
      code,
      memorySize: functionMegabytes(Object.keys(props.settings.clusters).length),
      timeout: Duration.seconds(LIMITS.lambdaTimeoutSeconds),
      role,
      logGroup: this.logGroup,
      environment: environment(props),
      ...NO_SECOND_TRY,
    });
  }

  private role({ settings, table }: ControllerProps): Role {
    const role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
      inlinePolicies: {
        Controller: new PolicyDocument({
          statements: [
            useRecords(table),
            readNodes(),
            sendMail(settings.alerts.from),
            publishEvents(settings.alerts.eventBus),
            writeLogs(this.logGroup),
          ],
        }),
      },
    });
    acknowledge(role, {
      "IAM5[Resource::*]":
        "ec2:DescribeInstances and ssm:ListCommandInvocations only read, and have no resource-level permissions",
      "IAM5[Resource::arn:<AWS::Partition>:ses:<AWS::Region>:<AWS::AccountId>:identity/*]":
        "SES also checks the recipients' identities; the condition on ses:FromAddress binds what may be sent",
    });
    return role;
  }

  /**
   * Policies of their own whose ids change with what they allow: a deployment adds the new ones before it moves the
   * aliases and removes the old ones after, so that neither controller is ever refused its own documents and nodes.
   */
  private nodesPolicies(role: Role, { settings, documents }: ControllerProps): readonly Construct[] {
    const clusters = new Map(Object.entries(settings.clusters));
    const isOne = permissionCharacters(clusters) <= INLINE_CHARACTERS;
    const groups = isOne ? [clusters] : permissionGroups(clusters);
    return groups.map((group) => {
      const names = Object.fromEntries([...group.keys()].map((name) => [name, documents.names[name] ?? ""]));
      const own = Object.fromEntries(group);
      const statements = [...sendDocuments(own, names), ...stopNodes(own)];
      const reached = Object.values(own).map(({ nodes, fence }) => [nodes, fence]);
      const hash = createHash("sha256")
        .update(JSON.stringify([names, reached]))
        .digest("hex")
        .slice(0, 8);
      return this.nodesPolicy(`Nodes${hash}`, role, statements, isOne);
    });
  }

  /** Inline where all of them fit the role itself; a managed policy has room of its own. */
  private nodesPolicy(
    id: string,
    role: Role,
    statements: PolicyStatement[],
    inline: boolean,
  ): Policy | ManagedPolicy {
    const policy = inline
      ? new Policy(this, id, { roles: [role], statements })
      : new ManagedPolicy(this, id, { roles: [role], statements });
    acknowledge(policy, {
      "IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:instance/*]":
        "Nodes come and go: the condition on the cluster's tag says which instances are meant",
    });
    return policy;
  }

  /**
   * What stands between a new version and the aliases: the new code is asked whether it can read every record. Nothing
   * is behind it, so that a deletion asks nobody.
   */
  private readiness(): CustomResource {
    return new CustomResource(this, "Readiness", {
      resourceType: "Custom::RecordsRead",
      serviceToken: this.function.functionArn,
      serviceTimeout: Duration.seconds(READINESS_SECONDS),
      properties: { Version: this.function.currentVersion.version },
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  /** The casts: CDK's classes do not match its own interfaces where optional properties are exact. */
  private alias(name: string, description: string): IAlias {
    const id = name.charAt(0).toUpperCase() + name.slice(1);
    return new Alias(this, id, {
      aliasName: name,
      description,
      version: this.function.currentVersion as IVersion,
      ...NO_SECOND_TRY,
    }) as IAlias;
  }
}

/** A cold start and a read of each record take a few seconds; without an answer the deployment is taken back then. */
const READINESS_SECONDS = 120;

/** A lost event is made good by the next tick; one that comes minutes late only disturbs. */
const NO_SECOND_TRY = { retryAttempts: 0, maxEventAge: Duration.seconds(60) };

const environment = (props: ControllerProps): Record<string, string> => ({
  TABLE_NAME: props.table.tableName,
  OWNER: props.table.tableArn,
  DOCUMENT_PREFIX: props.documents.prefix,
  DOCUMENTS: JSON.stringify(props.documents.hashes),
  DASHBOARD_URL: props.dashboardUrl,
  LOG_LEVEL: props.settings.logLevel.toUpperCase(),
  POWERTOOLS_SERVICE_NAME: "scheduler-failover-controller",
  POWERTOOLS_METRICS_NAMESPACE: props.namespace,
});

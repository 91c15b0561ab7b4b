/** Turns a synthesized template into what the sandbox runs. */
import { isRecord, textOf } from "../values.ts";
import type { Assembly } from "./assembly.ts";
import type {
  Deployment,
  DocumentModel,
  FunctionModel,
  OutputModel,
  RuleModel,
  RuleTarget,
  ScheduleModel,
  StateMachineModel,
  TableModel,
} from "./deployment.ts";
import type { Place } from "./place.ts";
import { PUBLISHED_VERSION } from "./resource-names.ts";
import { Resolver } from "./resolver.ts";

/** Lambda's own defaults. */
const DEFAULT_TIMEOUT_SECONDS = 3;
const DEFAULT_MEMORY_MEGABYTES = 128;
const DEFAULT_ASYNC_RETRIES = 2;

interface Resource {
  readonly logicalId: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

export function readDeployment(assembly: Assembly, place: Place): Deployment {
  const reader = new Reader(assembly, place);
  return {
    tables: reader.all("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable").map((one) => reader.table(one)),
    functions: reader.all("AWS::Lambda::Function").map((one) => reader.lambda(one)),
    stateMachines: reader.all("AWS::StepFunctions::StateMachine").map((one) => reader.stateMachine(one)),
    schedules: reader.all("AWS::Scheduler::Schedule").map((one) => reader.schedule(one)),
    rules: reader.all("AWS::Events::Rule").map((one) => reader.rule(one)),
    documents: reader.all("AWS::SSM::Document").map((one) => reader.document(one)),
    identities: reader.all("AWS::SES::EmailIdentity").map((one) => reader.ref(one.logicalId)),
    outputs: reader.outputs(),
  };
}

class Reader {
  readonly #assembly: Assembly;
  readonly #resolver: Resolver;

  constructor(assembly: Assembly, place: Place) {
    this.#assembly = assembly;
    this.#resolver = new Resolver(assembly.template, place);
  }

  /** The resources of these types that are made, their properties resolved. */
  all(...types: readonly string[]): Resource[] {
    return Object.entries(this.#assembly.template.Resources)
      .filter(([, resource]) => types.includes(resource.Type) && this.#resolver.holds(resource.Condition))
      .map(([logicalId, resource]) => ({
        logicalId,
        properties: record(this.#resolver.resolve(resource.Properties ?? {})),
      }));
  }

  ref(logicalId: string): string {
    return this.#resolver.text({ Ref: logicalId });
  }

  #arn(logicalId: string): string {
    return this.#resolver.text({ "Fn::GetAtt": [logicalId, "Arn"] });
  }

  table({ logicalId, properties }: Resource): TableModel {
    return {
      name: this.ref(logicalId),
      arn: this.#arn(logicalId),
      keySchema: properties["KeySchema"],
      attributeDefinitions: properties["AttributeDefinitions"],
    };
  }

  lambda({ logicalId, properties }: Resource): FunctionModel {
    const name = this.ref(logicalId);
    const code = record(properties["Code"]);
    if (typeof code["S3Key"] !== "string") throw new Error(`the code of the function ${name} is no asset`);
    const environment = record(record(properties["Environment"])["Variables"]);
    const belongs = (one: Resource): boolean =>
      [name, this.#arn(logicalId)].includes(textOf(one.properties["FunctionName"]));
    const [asyncConfig] = this.all("AWS::Lambda::EventInvokeConfig").filter(belongs);
    const reserved = properties["ReservedConcurrentExecutions"];
    return {
      name,
      arn: this.#arn(logicalId),
      handler: textOf(properties["Handler"]),
      runtime: textOf(properties["Runtime"]),
      codeDirectory: this.#assembly.assetDirectory(code["S3Key"]),
      timeoutSeconds: Number(properties["Timeout"] ?? DEFAULT_TIMEOUT_SECONDS),
      memoryMegabytes: Number(properties["MemorySize"] ?? DEFAULT_MEMORY_MEGABYTES),
      environment: Object.fromEntries(
        Object.entries(environment).map(([key, value]) => [key, String(value)]),
      ),
      versions: this.all("AWS::Lambda::Version")
        .filter(belongs)
        .map(() => PUBLISHED_VERSION),
      aliases: Object.fromEntries(
        this.all("AWS::Lambda::Alias")
          .filter(belongs)
          .map((one) => [textOf(one.properties["Name"]), textOf(one.properties["FunctionVersion"])]),
      ),
      ...(reserved === undefined ? {} : { reservedConcurrency: Number(reserved) }),
      asyncRetries: Number(asyncConfig?.properties["MaximumRetryAttempts"] ?? DEFAULT_ASYNC_RETRIES),
    };
  }

  stateMachine({ logicalId, properties }: Resource): StateMachineModel {
    const text = properties["DefinitionString"];
    if (typeof text !== "string") throw new Error(`the state machine ${logicalId} has no definition string`);
    const substitutions = record(properties["DefinitionSubstitutions"]);
    return {
      name: this.#resolver.physicalName(logicalId),
      arn: this.ref(logicalId),
      type: properties["StateMachineType"] === "EXPRESS" ? "EXPRESS" : "STANDARD",
      definition: text.replaceAll(/\$\{([^}]+)\}/gu, (whole, name: string) =>
        Object.hasOwn(substitutions, name) ? String(substitutions[name]) : whole,
      ),
    };
  }

  schedule({ logicalId, properties }: Resource): ScheduleModel {
    const target = record(properties["Target"]);
    return {
      name: this.ref(logicalId),
      expression: textOf(properties["ScheduleExpression"]),
      enabled: properties["State"] !== "DISABLED",
      targetArn: textOf(target["Arn"]),
      input: typeof target["Input"] === "string" ? target["Input"] : "{}",
    };
  }

  rule({ logicalId, properties }: Resource): RuleModel {
    const targets = Array.isArray(properties["Targets"]) ? properties["Targets"].map(record) : [];
    return {
      name: this.ref(logicalId),
      enabled: properties["State"] !== "DISABLED",
      ...(properties["EventPattern"] === undefined ? {} : { pattern: properties["EventPattern"] }),
      ...(properties["ScheduleExpression"] === undefined
        ? {}
        : { scheduleExpression: textOf(properties["ScheduleExpression"]) }),
      targets: targets.map(ruleTarget),
    };
  }

  document({ logicalId, properties }: Resource): DocumentModel {
    const content = properties["Content"];
    const parsed: unknown = typeof content === "string" ? JSON.parse(content) : content;
    return {
      name: this.ref(logicalId),
      type: textOf(properties["DocumentType"], "Command"),
      content: record(parsed),
    };
  }

  outputs(): OutputModel[] {
    return Object.entries(this.#assembly.template.Outputs ?? {})
      .filter(([, output]) => this.#resolver.holds(output["Condition"] as string | undefined))
      .map(([key, output]) => ({
        key,
        value: this.#resolver.text(output["Value"]),
        description: typeof output["Description"] === "string" ? output["Description"] : "",
      }));
  }
}

function ruleTarget(target: Record<string, unknown>): RuleTarget {
  const transformer = target["InputTransformer"];
  return {
    arn: textOf(target["Arn"]),
    ...(typeof target["Input"] === "string" ? { input: target["Input"] } : {}),
    ...(typeof target["InputPath"] === "string" ? { inputPath: target["InputPath"] } : {}),
    ...(isRecord(transformer)
      ? {
          transformer: {
            paths: record(transformer["InputPathsMap"]) as Record<string, string>,
            template: textOf(transformer["InputTemplate"]),
          },
        }
      : {}),
  };
}

function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

/** What a synthesized template deploys, as far as the sandbox runs it. Nothing in here is written by hand. */

export interface Deployment {
  readonly tables: readonly TableModel[];
  readonly functions: readonly FunctionModel[];
  readonly stateMachines: readonly StateMachineModel[];
  readonly schedules: readonly ScheduleModel[];
  readonly rules: readonly RuleModel[];
  readonly documents: readonly DocumentModel[];
  /** SES identities that the stack makes. */
  readonly identities: readonly string[];
  readonly outputs: readonly OutputModel[];
}

export interface TableModel {
  readonly name: string;
  readonly arn: string;
  readonly keySchema: unknown;
  readonly attributeDefinitions: unknown;
}

export interface FunctionModel {
  readonly name: string;
  readonly arn: string;
  /** `file.export`, as Lambda reads it. */
  readonly handler: string;
  readonly runtime: string;
  readonly codeDirectory: string;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Published versions. */
  readonly versions: readonly string[];
  /** Alias name to version. */
  readonly aliases: Readonly<Record<string, string>>;
  readonly reservedConcurrency?: number;
  /** How often Lambda repeats an asynchronous invocation that failed. */
  readonly asyncRetries: number;
}

export interface StateMachineModel {
  readonly name: string;
  readonly arn: string;
  readonly type: "EXPRESS" | "STANDARD";
  /** The definition as text, as Step Functions gets it. */
  readonly definition: string;
}

export interface ScheduleModel {
  readonly name: string;
  readonly expression: string;
  readonly enabled: boolean;
  readonly targetArn: string;
  readonly input: string;
}

export interface RuleModel {
  readonly name: string;
  readonly enabled: boolean;
  readonly pattern?: unknown;
  readonly scheduleExpression?: string;
  readonly targets: readonly RuleTarget[];
}

export interface RuleTarget {
  readonly arn: string;
  readonly input?: string;
  readonly inputPath?: string;
  readonly transformer?: { readonly paths: Readonly<Record<string, string>>; readonly template: string };
}

export interface DocumentModel {
  readonly name: string;
  readonly type: string;
  readonly content: Readonly<Record<string, unknown>>;
}

export interface OutputModel {
  readonly key: string;
  readonly value: string;
  readonly description: string;
}

import { Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/** Findings of cdk-nag's AwsSolutions that are meant to be, each with its reason; everything else ends synthesis. */
export const acknowledge = (construct: IConstruct, findings: Readonly<Record<string, string>>): void => {
  const accepted = Object.entries(findings).map(([id, reason]) => ({ id: `AwsSolutions-${id}`, reason }));
  Validations.of(construct).acknowledge(...accepted);
};

import { CfnDocument } from "aws-cdk-lib/aws-ssm";
import { Construct } from "constructs";
import type { Settings } from "../core/settings.ts";
import { documentContent, documentHash } from "../node-document.ts";

interface NodeDocumentsProps {
  readonly settings: Settings;
  readonly stackName: string;
}

/**
 * One Command document for each cluster. Its name carries the hash of its content: a changed document is a new one, and
 * the old one is deleted only when the deployment has moved the aliases, so that the old and the new controller each
 * find theirs.
 */
export class NodeDocuments extends Construct {
  /** Document name by cluster. Plain text, not a reference: a changed name must change the function's version. */
  readonly names: Readonly<Record<string, string>>;
  readonly documents: readonly CfnDocument[];

  constructor(scope: Construct, id: string, { settings, stackName }: NodeDocumentsProps) {
    super(scope, id);
    const named = Object.entries(settings.clusters).map(([cluster, own]) => {
      const content = documentContent(cluster, own);
      return { cluster, content, name: `${stackName}-${cluster}-${documentHash(content)}` };
    });
    this.names = Object.fromEntries(named.map(({ cluster, name }) => [cluster, name]));
    this.documents = named.map(
      ({ cluster, name, content }) =>
        new CfnDocument(this, cluster, {
          name,
          content,
          documentType: "Command",
          documentFormat: "JSON",
          targetType: "/AWS::EC2::Instance",
          updateMethod: "NewVersion",
        }),
    );
  }
}

import { createHash } from "node:crypto";
import { NestedStack } from "aws-cdk-lib";
import { CfnDocument } from "aws-cdk-lib/aws-ssm";
import { Construct } from "constructs";
import type { Settings } from "../core/settings.ts";
import { type DocumentContent, documentContent, documentHash } from "../node-document.ts";
import { documentPlace } from "../settings/room.ts";

interface NodeDocumentsProps {
  readonly settings: Settings;
  /** What the documents' names begin with. */
  readonly prefix: string;
}

/**
 * One Command document for each cluster. Its name carries the hash of its content: a changed document is a new one, and
 * the old one is deleted only when the deployment has moved the aliases, so that the old and the new controller each
 * find theirs.
 *
 * A template has room for a dozen, so that those beyond the first few stand in nested stacks. Where a document stands is
 * part of its name, too: one that moves to another stack is made there before it is deleted here.
 */
export class NodeDocuments extends Construct {
  /** Document name by cluster. Plain text, not a reference: a changed name must change the function's version. */
  readonly names: Readonly<Record<string, string>>;
  /** A name is the prefix, the cluster's name, a dash and this hash of what the document is and where it stands. */
  readonly prefix: string;
  readonly hashes: Readonly<Record<string, string>>;
  readonly documents: readonly CfnDocument[];

  constructor(scope: Construct, id: string, { settings, prefix }: NodeDocumentsProps) {
    super(scope, id);
    this.prefix = prefix;
    const placed = Object.entries(settings.clusters).map(([cluster, own], n) => {
      const content = documentContent(cluster, own);
      const place = documentPlace(n);
      const hash = hashOf(content, place);
      return { cluster, content, place, hash, name: `${this.prefix}${cluster}-${hash}` };
    });
    this.hashes = Object.fromEntries(placed.map(({ cluster, hash }) => [cluster, hash]));
    this.names = Object.fromEntries(placed.map(({ cluster, name }) => [cluster, name]));
    this.documents = placed.map(
      ({ cluster, name, content, place }) =>
        new CfnDocument(this.scopeOf(place), cluster, {
          name,
          content,
          documentType: "Command",
          documentFormat: "JSON",
          targetType: "/AWS::EC2::Instance",
          updateMethod: "NewVersion",
        }),
    );
  }

  private scopeOf(place: number): Construct {
    if (place === 0) return this;
    const id = `More${place}`;
    return (this.node.tryFindChild(id) as NestedStack | undefined) ?? this.nested(id);
  }

  private nested(id: string): NestedStack {
    return new NestedStack(this, id, {
      description: "Further Command documents of the scheduler failover controller",
      suppressTemplateIndentation: true,
    });
  }
}

const hashOf = (content: DocumentContent, place: number): string => {
  const hash = documentHash(content);
  if (place === 0) return hash;
  return createHash("sha256").update(`${hash} ${place}`).digest("hex").slice(0, hash.length);
};

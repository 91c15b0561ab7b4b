import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import { QueryDefinition, QueryString } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { LOG_FIELDS, LOG_MESSAGES } from "../core/metrics.ts";

export interface QueriesProps {
  readonly logGroup: ILogGroup;
  /** The folder in which Logs Insights shows them. */
  readonly folder: string;
}

/** A query that is kept beside the log which it reads, so that nobody has to know a field by heart at night. */
interface Query {
  readonly name: string;
  /** Which lines: any of these conditions. */
  readonly lines: readonly string[];
  readonly fields: readonly string[];
}

const { cluster, code, sentence, active, from, by, gapSeconds, node, reason, milliseconds } = LOG_FIELDS;

const messages = (...names: readonly (keyof typeof LOG_MESSAGES)[]): string =>
  `message in [${names.map((name) => JSON.stringify(LOG_MESSAGES[name])).join(", ")}]`;

/** What a call that failed is told with. */
const ERROR = "error.message";

/** A steady tick takes some 1.3 s; one that takes longer has waited for a node or a service. */
const SLOW_MILLISECONDS = 5000;

export const QUERIES: readonly Query[] = [
  {
    name: "what-happened",
    lines: [messages("transition")],
    fields: [cluster, code, sentence, active, from, by, reason, gapSeconds],
  },
  {
    name: "slow-or-failed-ticks",
    lines: [
      `${messages("tick")} and ${milliseconds} > ${SLOW_MILLISECONDS}`,
      messages("tickFailed", "answersUnread", "ec2Unheard", "newsUndelivered"),
    ],
    fields: [cluster, "message", code, milliseconds, ERROR],
  },
  {
    name: "refusals-and-proofs",
    lines: [
      messages("nodeUnasked", "nodeRefused", "fenced", "fenceFailed"),
      `${messages("transition")} and ${code} in ["STARTS", "NO_PROOF", "TOKEN_BEHIND", "OVERRIDDEN"]`,
    ],
    fields: [cluster, "message", node, reason, code, sentence],
  },
];

/** Three questions of whoever looks back, saved in Logs Insights. */
export class Queries extends Construct {
  readonly all: readonly QueryDefinition[];

  constructor(scope: Construct, id: string, { logGroup, folder }: QueriesProps) {
    super(scope, id);
    this.all = QUERIES.map(
      ({ name, lines, fields }) =>
        new QueryDefinition(this, name, {
          queryDefinitionName: `${folder}/${name}`,
          queryString: new QueryString({
            fields: ["@timestamp", ...fields],
            filterStatements: [lines.map((each) => `(${each})`).join(" or ")],
            sort: "@timestamp desc",
            limit: 200,
          }),
          logGroups: [logGroup],
        }),
    );
  }
}

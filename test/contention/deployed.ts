/** What is deployed in a contention run: one cluster of three listed nodes, with the shortest timers. */
import { readSettings } from "../../lib/settings/read.ts";
import { changed, cluster } from "../settings/written.ts";

export const CLUSTER = "main";
export const NODES = ["i-0aaaaaaaaaaaaaaa1", "i-0aaaaaaaaaaaaaaa2", "i-0aaaaaaaaaaaaaaa3"] as const;

const REGION = "eu-west-1";
const FUNCTION = "contended";

const written = changed(
  ["beatSeconds", 5],
  [
    `clusters.${CLUSTER}`,
    {
      ...cluster(),
      nodes: { instanceIds: NODES },
      timers: {
        grantSeconds: 100,
        killGraceSeconds: 2,
        skewSeconds: 2,
        settleSeconds: 8,
        cooldownSeconds: 8,
        restartLimit: 1,
        failoversPerHour: 10,
      },
    },
  ],
);

export const settings = readSettings({ inline: written, name: "contention" });
export const { timers } = settings.clusters[CLUSTER] ?? missing();

/** As Lambda and the template fill the function's environment, for one worker. */
export const environmentOf = (endpoint: string, table: string, worker: string): Record<string, string> => ({
  PATH: process.env["PATH"] ?? "",
  TZ: ":UTC",
  AWS_LAMBDA_FUNCTION_NAME: FUNCTION,
  AWS_REGION: REGION,
  AWS_ACCESS_KEY_ID: worker,
  AWS_SECRET_ACCESS_KEY: "contention",
  AWS_ENDPOINT_URL: endpoint,
  TABLE_NAME: table,
  OWNER: `arn:aws:dynamodb:${REGION}:123456789012:table/${table}`,
  DOCUMENTS: JSON.stringify({ [CLUSTER]: "converge" }),
  DASHBOARD_URL: "https://console.aws.amazon.com/",
  POWERTOOLS_METRICS_NAMESPACE: FUNCTION,
  LOG_LEVEL: "ERROR",
});

export const arnOf = (alias: string): string =>
  `arn:aws:lambda:${REGION}:123456789012:function:${FUNCTION}:${alias}`;

function missing(): never {
  throw new Error(`the settings have no cluster ${CLUSTER}`);
}

/**
 * What AWS asks for what a deployment uses: list prices of us-east-1 in US dollars, without free tiers and discounts.
 * Looked up in the months that stand beside them; where the source is not AWS's own page, it is named.
 */
export interface Price {
  readonly usd: number;
  readonly per: string;
  readonly source: string;
}

/** When the table was last gone through. */
export const PRICES_DATED = "2026-11";

export const PRICES = {
  expressRequest: { usd: 1e-6, per: "request", source: "aws.amazon.com/step-functions/pricing, 2026-03" },
  expressGbSecond: {
    usd: 0.000_016_67,
    per: "GB-s of the first 1,000 GB-hours",
    source: "aws.amazon.com/step-functions/pricing, 2026-03",
  },
  lambdaRequest: { usd: 2e-7, per: "request", source: "aws.amazon.com/lambda/pricing, 2026-06" },
  lambdaGbSecond: { usd: 0.000_013_333_4, per: "GB-s on arm64", source: "wring.co, 2026-03" },
  writeUnit: { usd: 6.25e-7, per: "write of 1 KB", source: "infracost, 2024-11" },
  readUnit: { usd: 1.25e-7, per: "consistent read of 4 KB", source: "infracost, 2024-11" },
  logsGb: { usd: 0.5, per: "GB taken in", source: "infracost, 2024-07; factualminds.com, 2026-06" },
  metric: { usd: 0.3, per: "metric and month", source: "signoz.io, 2026-02" },
  alarm: { usd: 0.1, per: "alarm and month", source: "infracost, 2024-07" },
  dashboard: { usd: 3, per: "dashboard and month", source: "aws.amazon.com/cloudwatch/pricing" },
  key: { usd: 1, per: "key and month", source: "aws.amazon.com/kms/pricing" },
  schedule: { usd: 1e-6, per: "invocation", source: "cloudburn.io, 2026-03" },
  mail: { usd: 1e-4, per: "mail", source: "acecloudinterviews.com, undated" },
} as const satisfies Readonly<Record<string, Price>>;

import { type Change, changed, cluster } from "../settings/written.ts";

export const LISTED = ["i-0aaaaaaaaaaaaaaaa", "i-0bbbbbbbbbbbbbbbb"];
export const CLUSTERS: readonly Change[] = [
  ["logRetentionDays", 30],
  [
    "clusters.night-jobs",
    {
      ...cluster(),
      nodes: { instanceIds: LISTED },
      scheduler: { start: "/opt/beat", pattern: "/opt/beat" },
    },
  ],
];
/** One cluster by tag, one with listed nodes. */
export const twoClusters = changed(...CLUSTERS);

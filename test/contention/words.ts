/** What the process that starts a run and the cloud of the run say to each other. */
export interface CloudOptions {
  readonly dynamo: string;
  readonly log: string;
  readonly seed: number;
  readonly mutation: Mutation;
  /** Longest freeze of a worker, in seconds. */
  readonly longestFreeze: number;
}
export const MUTATIONS = ["none", "unconditional-write", "nodes-obey-all"] as const;
export type Mutation = (typeof MUTATIONS)[number];

/** A worker's process, by the access key of its calls; without a `pid` it has ended. */
export interface WorkerWord {
  readonly worker: string;
  readonly pid?: number;
}

/**
 * Examples of each command: the help shows the lines, the pages in `docs/commands` also what they print, which a test
 * runs against the real actions and ticks.
 */
export type After =
  | "the active node was cut off"
  | "a failover"
  | "the scheduler was killed"
  | "a pause"
  | "the standby was excluded"
  | "the stack was deleted and deployed anew"
  | "a switchover was asked for tonight";

export interface Example {
  readonly words: string;
  /** What is shown by it; a sentence. */
  readonly says?: string;
  /** What befalls the cluster before it. */
  readonly after?: After;
  /** What is typed where it asks. */
  readonly typed?: string;
}

const STANDBY = "i-0b5e7a1f2c3d4e5f6";
export const FORMER_TABLE = "arn:aws:dynamodb:eu-central-1:123456789012:table/former-stack-records";

export const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  status: [
    { words: "status" },
    {
      words: "status",
      after: "the active node was cut off",
      says: "A node that does not answer may still run the scheduler: nothing is started elsewhere without proof.",
    },
  ],
  why: [{ words: "why" }, { words: "why", after: "the active node was cut off" }],
  history: [{ words: "history --limit 3", after: "a failover" }],
  metadata: [{ words: "metadata" }],
  is_scheduler_running: [{ words: "is_scheduler_running" }],
  test_connection: [{ words: "test_connection" }],
  version: [{ words: "version" }],
  watch: [
    {
      words: "watch | cat",
      after: "the scheduler was killed",
      says: "Piped, each change is a line.",
    },
  ],
  doctor: [{ words: "doctor --settings settings.yaml" }],
  start: [{ words: "start --detach", after: "a pause" }, { words: "start --detach" }],
  pause: [{ words: 'pause --until 2h --reason "database upgrade" --wait' }],
  resume: [{ words: "resume --wait", after: "a pause" }],
  observe: [{ words: "observe --wait" }],
  exclude: [{ words: `exclude ${STANDBY} --reason "disk errors"` }],
  include: [{ words: `include ${STANDBY}`, after: "the standby was excluded" }],
  cancel: [{ words: "cancel", after: "a switchover was asked for tonight" }],
  send_test_email: [{ words: "send_test_email" }],
  failover: [
    { words: 'failover --reason "node is failing" --wait --yes' },
    { words: "failover", typed: "no", says: "Anything but yes changes nothing." },
  ],
  switchover: [{ words: `switchover --to ${STANDBY} --reason "kernel update" --wait --yes` }],
  drill: [{ words: "drill --yes" }],
  stop: [{ words: 'stop --reason "back to the predecessor" --yes' }],
  detach: [{ words: "detach --yes" }],
  take_over: [
    {
      words: `take_over ${FORMER_TABLE} --reason "the old stack is deleted" --yes`,
      after: "the stack was deleted and deployed anew",
    },
  ],
  clear_metadata: [{ words: "clear_metadata --yes" }],
  init: [
    { words: "init" },
    { words: "init", says: "A second run adds nothing." },
    { words: "init --airflow-cfg airflow.cfg --output from-airflow.yaml" },
  ],
  get_current_host: [{ words: "get_current_host" }],
  cost: [{ words: "cost" }],
};

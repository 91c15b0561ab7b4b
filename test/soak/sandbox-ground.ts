/** The sandbox's own nodes with the demo scheduler, judged by a watcher that reads /proc and by the ledger of hand-outs. */
import { startSandbox } from "../../lib/sandbox/sandbox.ts";
import { Watcher } from "../scenarios/watcher.ts";
import type { Ground, Verdict } from "./ground.ts";

const CLUSTER = "demo";
const PORT = 5066;
/** The shortest timers that the settings allow, so that a short run has grants that run out in it. */
const SETTINGS = {
  beatSeconds: 5,
  clusters: {
    [CLUSTER]: {
      timers: {
        grantSeconds: 92,
        killGraceSeconds: 3,
        skewSeconds: 1,
        settleSeconds: 10,
        cooldownSeconds: 10,
        failoversPerHour: 60,
      },
    },
  },
};

export async function sandboxGround(): Promise<Ground> {
  const sandbox = await startSandbox({ port: PORT, settings: SETTINGS });
  const { ledger } = sandbox;
  const watcher = new Watcher(sandbox.folder.file("nodes"), [CLUSTER], () => CLUSTER);
  return {
    sandbox,
    isOne: () => {
      const [only, ...others] = watcher.latest(CLUSTER);
      return only !== undefined && others.length === 0 && !only.hangs;
    },
    lastSign: () => {
      ledger.read();
      return ledger.entries.at(-1)?.at ?? 0;
    },
    judge: () => {
      watcher.look();
      const { two, none } = watcher.between(CLUSTER, 0, Infinity);
      return Promise.resolve({ two, none, ...handedOut(ledger.read()) });
    },
    close: async () => {
      watcher.close();
      await sandbox.stop();
    },
  };
}

function handedOut(counts: {
  readonly tasks: number;
  readonly doubleHandOuts: number;
  readonly overlapSeconds: number;
}): Pick<Verdict, "work" | "faults"> {
  const { tasks, doubleHandOuts, overlapSeconds } = counts;
  return {
    work: `${tasks} tasks handed out, ${doubleHandOuts} twice`,
    faults: [
      ...(doubleHandOuts > 0 ? [`${doubleHandOuts} tasks handed out twice`] : []),
      ...(overlapSeconds > 0 ? [`hand-outs overlap for ${overlapSeconds} s`] : []),
      ...(tasks === 0 ? ["nothing was handed out"] : []),
    ],
  };
}

/** Which cases are played in which cluster: the lanes go side by side, the cases of one follow each other. */
import type { Case } from "./case.ts";
import {
  cutOff,
  daemonReload,
  frozen,
  gateRemoved,
  guardKilled,
  initStopped,
  runEmptied,
  startRefused,
  ticksStop,
} from "./cases/guard.ts";
import { newNodeEnabled, powerLost, rebooted } from "./cases/power.ts";
import { adopted, coldStart, crashLoop, killed, slowStop, stoppedByHand } from "./cases/starts.ts";

export interface Lane {
  readonly cluster: string;
  /** Whether the first node's unit is started at its boot, before any tick. */
  readonly enabled: boolean;
  readonly cases: readonly Case[];
}

/** Cases that wait for a grant to run out come where the others of their lane are short. */
export const LANES: readonly Lane[] = [
  { cluster: "starts", enabled: false, cases: [coldStart, stoppedByHand, killed, crashLoop, slowStop] },
  { cluster: "power", enabled: true, cases: [adopted, rebooted, powerLost, newNodeEnabled, frozen] },
  {
    cluster: "hands",
    enabled: false,
    cases: [startRefused, daemonReload, gateRemoved, guardKilled, initStopped],
  },
  { cluster: "apart", enabled: false, cases: [cutOff, runEmptied] },
];

/** Concerns every cluster: played alone when the lanes are done. */
export const FINALE: Lane = { cluster: "starts", enabled: false, cases: [ticksStop] };

/** Which cases are played in which cluster: the lanes go side by side, the cases of one follow each other. */
import type { Case } from "./case.ts";
import { powerLost, rebooted } from "./cases/power.ts";
import { adopted, coldStart, crashLoop, killed, slowStop, stoppedByHand } from "./cases/starts.ts";

export interface Lane {
  readonly cluster: string;
  /** Whether the first node's unit is started at its boot, before any tick. */
  readonly enabled: boolean;
  readonly cases: readonly Case[];
}

export const LANES: readonly Lane[] = [
  { cluster: "starts", enabled: false, cases: [coldStart, stoppedByHand, killed, crashLoop, slowStop] },
  { cluster: "power", enabled: true, cases: [adopted, rebooted, powerLost] },
];

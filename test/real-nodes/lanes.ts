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
} from "./cases/guard.ts";
import { renamed } from "./cases/identity.ts";
import { guardHangs, overruled } from "./cases/in-force.ts";
import { detached, fenced } from "./cases/letting-go.ts";
import { newNodeEnabled, newNodeSetUp, powerLost, rebooted } from "./cases/power.ts";
import {
  adopted,
  coldCommand,
  coldStart,
  crashLoop,
  killed,
  slowStop,
  stoppedByHand,
} from "./cases/starts.ts";
import { breakGlass, ticksStop } from "./cases/ticks.ts";
import { SHORT } from "./deployment.ts";
import type { ClusterOptions } from "./stage.ts";

export interface Lane {
  /** Its `shortened` is the short form's; the long one has times as users can deploy them. */
  readonly cluster: ClusterOptions;
  readonly cases: readonly Case[];
}

const STARTS: ClusterOptions = { name: "starts", enabled: false, by: "unit", shortened: SHORT };
const HANDS: ClusterOptions = { name: "hands", enabled: false, by: "unit", shortened: SHORT };

/** Cases that wait for a grant to run out come where the others of their lane are short. */
export const LANES: readonly Lane[] = [
  { cluster: STARTS, cases: [coldStart, stoppedByHand, killed, crashLoop, slowStop, detached] },
  {
    cluster: { name: "power", enabled: true, by: "unit", shortened: SHORT },
    cases: [adopted, rebooted, powerLost, newNodeEnabled, newNodeSetUp, frozen],
  },
  {
    cluster: HANDS,
    cases: [startRefused, daemonReload, gateRemoved, guardHangs, guardKilled, initStopped],
  },
  { cluster: { name: "apart", enabled: false, by: "unit", shortened: SHORT }, cases: [cutOff, runEmptied] },
  // What happens in these is over before a grant is, as users can deploy it.
  { cluster: { name: "settings", enabled: false, by: "unit" }, cases: [overruled, renamed, fenced] },
  {
    cluster: { name: "command", enabled: false, by: "command", shell: "busybox", shortened: SHORT },
    cases: [coldCommand, slowStop, cutOff],
  },
];

/** Concern every cluster: played side by side when the lanes are done. */
export const FINALE: readonly Lane[] = [
  { cluster: STARTS, cases: [ticksStop] },
  { cluster: HANDS, cases: [breakGlass] },
];

/** Which cases are played with which daemon. */
import type { Case } from "../real-nodes/case.ts";
import { cutOff, startRefused } from "../real-nodes/cases/guard.ts";
import { powerLost } from "../real-nodes/cases/power.ts";
import { coldStart } from "../real-nodes/cases/starts.ts";
import { SHORT, type Shortened } from "../real-nodes/deployment.ts";
import type { TIMERS } from "../real-nodes/stage.ts";
import { standInByHand, takenOver, twoByHand } from "./cases/alone.ts";
import { accounted, killedWithPorts, switchedOverUnderTask, waitedForTask } from "./cases/airflow.ts";
import { strayStopped } from "./cases/stray.ts";
import { strayTold } from "./cases/opinion.ts";
import { hung, hungCutOff, killed, mainHung, switchedOver, untilItWorks } from "./cases/faults.ts";
import type { DaemonName } from "./layers.ts";

export interface DaemonLane {
  readonly name: string;
  readonly daemon: DaemonName;
  readonly timers: Readonly<Partial<typeof TIMERS>>;
  /** In the short form; the long one has times as users can deploy them. @default none */
  readonly shortened?: Shortened;
  readonly cases: readonly Case[];
}

const BEAT_TIMERS = { killGraceSeconds: 5, settleSeconds: 10, cooldownSeconds: 10 };
const AIRFLOW_TIMERS = { killGraceSeconds: 5, settleSeconds: 20, cooldownSeconds: 20 };
/** A task of half a minute ends within the kill grace, which a grant outlasts: no short one. */
const PATIENT_TIMERS = { ...AIRFLOW_TIMERS, killGraceSeconds: 60 };
/** One that hangs moves at once, so that another node runs it when it is told to go on. */
const NO_RESTARTS = { restartLimit: 0 };

/** They go side by side, and each costs two nodes, which are asked every beat: few with many cases load a machine the least. */
export const LANES: readonly DaemonLane[] = [
  {
    name: "beat",
    daemon: "celery-beat",
    timers: BEAT_TIMERS,
    shortened: SHORT,
    cases: [
      coldStart,
      untilItWorks(killed),
      startRefused,
      strayStopped,
      untilItWorks(switchedOver),
      untilItWorks(powerLost),
      untilItWorks(cutOff),
    ],
  },
  {
    name: "beat-hung",
    daemon: "celery-beat",
    timers: { ...BEAT_TIMERS, ...NO_RESTARTS },
    shortened: SHORT,
    cases: [coldStart, untilItWorks(hung), untilItWorks(hungCutOff), twoByHand, standInByHand, takenOver],
  },
  {
    name: "airflow",
    daemon: "airflow-2",
    timers: AIRFLOW_TIMERS,
    shortened: SHORT,
    cases: [
      coldStart,
      untilItWorks(killedWithPorts),
      startRefused,
      untilItWorks(switchedOverUnderTask),
      untilItWorks(powerLost),
      accounted,
    ],
  },
  {
    name: "airflow-hung",
    daemon: "airflow-2",
    timers: { ...AIRFLOW_TIMERS, ...NO_RESTARTS },
    shortened: SHORT,
    cases: [coldStart, untilItWorks(mainHung), untilItWorks(cutOff), untilItWorks(hungCutOff), accounted],
  },
  {
    name: "airflow-patient",
    daemon: "airflow-2",
    timers: PATIENT_TIMERS,
    shortened: { opinionMinutes: 1 },
    cases: [coldStart, untilItWorks(waitedForTask), accounted, strayTold],
  },
  {
    name: "airflow-3",
    daemon: "airflow-3",
    timers: PATIENT_TIMERS,
    cases: [coldStart, untilItWorks(killedWithPorts), untilItWorks(waitedForTask), accounted],
  },
  {
    name: "dagster",
    daemon: "dagster-daemon",
    timers: AIRFLOW_TIMERS,
    shortened: SHORT,
    cases: [coldStart, untilItWorks(killed), untilItWorks(switchedOver), untilItWorks(powerLost)],
  },
];

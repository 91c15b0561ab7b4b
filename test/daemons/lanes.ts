/** Which cases are played with which daemon. `short`: within CI's minutes; the others are the long form's. */
import type { Case } from "../real-nodes/case.ts";
import { cutOff, startRefused } from "../real-nodes/cases/guard.ts";
import { powerLost } from "../real-nodes/cases/power.ts";
import { coldStart } from "../real-nodes/cases/starts.ts";
import type { TIMERS } from "../real-nodes/stage.ts";
import { standInByHand, takenOver, twoByHand } from "./cases/alone.ts";
import { accounted, killedWithPorts, switchedOverUnderTask } from "./cases/airflow.ts";
import { hung, hungCutOff, killed, switchedOver, untilItWorks } from "./cases/faults.ts";
import type { DaemonName } from "./layers.ts";

export interface DaemonLane {
  readonly name: string;
  readonly daemon: DaemonName;
  readonly form: "short" | "long";
  readonly timers: Readonly<Partial<typeof TIMERS>>;
  readonly cases: readonly Case[];
}

const BEAT_TIMERS = { killGraceSeconds: 5, settleSeconds: 15, cooldownSeconds: 15 };
const AIRFLOW_TIMERS = { killGraceSeconds: 5, settleSeconds: 40, cooldownSeconds: 40 };
/** One that hangs moves at once, so that another node runs it when it is told to go on. */
const NO_RESTARTS = { restartLimit: 0 };

/** Cases that wait for a grant to run out have a lane of their own: it takes as long as the others together. */
export const LANES: readonly DaemonLane[] = [
  {
    name: "beat",
    daemon: "celery-beat",
    form: "short",
    timers: BEAT_TIMERS,
    cases: [
      coldStart,
      untilItWorks(killed),
      startRefused,
      untilItWorks(switchedOver),
      untilItWorks(powerLost),
    ],
  },
  {
    name: "beat-apart",
    daemon: "celery-beat",
    form: "short",
    timers: BEAT_TIMERS,
    cases: [coldStart, untilItWorks(cutOff)],
  },
  {
    name: "beat-hung",
    daemon: "celery-beat",
    form: "short",
    timers: { ...BEAT_TIMERS, ...NO_RESTARTS },
    cases: [coldStart, untilItWorks(hung), untilItWorks(hungCutOff)],
  },
  {
    name: "beat-alone",
    daemon: "celery-beat",
    form: "short",
    timers: BEAT_TIMERS,
    cases: [coldStart, twoByHand, standInByHand, takenOver],
  },
  {
    name: "airflow",
    daemon: "airflow-2",
    form: "short",
    timers: AIRFLOW_TIMERS,
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
    form: "short",
    timers: { ...AIRFLOW_TIMERS, ...NO_RESTARTS },
    cases: [coldStart, untilItWorks(hung), untilItWorks(cutOff), accounted],
  },
  {
    name: "airflow-apart",
    daemon: "airflow-2",
    form: "short",
    timers: AIRFLOW_TIMERS,
    cases: [coldStart, untilItWorks(hungCutOff), accounted],
  },
  {
    name: "airflow-patient",
    daemon: "airflow-2",
    form: "long",
    // Longer than the task, which does not save it: TERM goes to the whole control group, and so to the task.
    timers: { ...AIRFLOW_TIMERS, killGraceSeconds: 60 },
    cases: [coldStart, untilItWorks(switchedOverUnderTask), accounted],
  },
  {
    name: "airflow-3",
    daemon: "airflow-3",
    form: "long",
    timers: AIRFLOW_TIMERS,
    cases: [coldStart, untilItWorks(killed), startRefused, untilItWorks(switchedOver), accounted],
  },
  {
    name: "dagster",
    daemon: "dagster-daemon",
    form: "long",
    timers: { ...AIRFLOW_TIMERS, settleSeconds: 20 },
    cases: [
      coldStart,
      untilItWorks(killed),
      startRefused,
      untilItWorks(switchedOver),
      untilItWorks(powerLost),
    ],
  },
];

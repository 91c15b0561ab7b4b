/** What only Airflow's own books tell: a scheduler that no unit and no node of the settings knows. */
import { type Case, expectThat } from "../../real-nodes/case.ts";
import { seconds } from "../../real-nodes/cases/starts.ts";
import type { ClusterStage } from "../../real-nodes/stage.ts";
import { inAirflow } from "../airflow.ts";

/** Beyond the wait for the next question: it takes some seconds of a busy processor, and a tick tells what was answered. */
const ANSWER_SECONDS = 40;
const STRAY = "stray-scheduler.service";

export const strayTold: Case = {
  sentence:
    "a second scheduler is started by hand past its unit: Airflow's job table tells of it, by mail and history, nothing is stopped for it, and its end is told",
  secondsOfTwoAllowed: Infinity,
  play: async (cluster) => {
    const [before, began] = [cluster.main(), Date.now()];
    const { everyMinutes = 0 } = cluster.settings().scheduler.secondOpinion ?? {};
    const within = everyMinutes * 60 + ANSWER_SECONDS;
    const elsewhere = cluster.other(cluster.active());
    const { code, output } = await inAirflow(elsewhere, [`--unit=${STRAY}`], "scheduler");
    expectThat(code === 0, `it is started: ${output.slice(-500)}`);
    await cluster.until("a mail tells of it", () => tells(cluster, began, "Found 2 alive jobs"), within);
    const told = seconds(began);
    expectThat((await cluster.codesSince(began)).includes("SECOND_OPINION"), "the history tells it, too");
    expectThat(cluster.hasAny(elsewhere), "it goes on");
    await elsewhere.inside("systemctl", "stop", STRAY);
    const ended = Date.now();
    await cluster.until("a mail tells its end", () => tells(cluster, ended, "resolved"), within);
    expectThat(cluster.main() === before, "the first one went on all the while");
    return { "told after s": told, "its end after s": seconds(ended) };
  },
};

function tells(cluster: ClusterStage, since: number, words: string): boolean {
  return cluster.sandbox.cloud.mailbox.letters.some(
    ({ at, subject, text }) =>
      at >= since && subject.includes(cluster.name) && `${subject}\n${text}`.includes(words),
  );
}

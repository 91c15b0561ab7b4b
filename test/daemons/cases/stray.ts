/** A daemon that somebody starts past its unit: no gate holds it back, and a pattern beside the unit finds it. */
import { type Case, expectThat } from "../../real-nodes/case.ts";
import { seconds } from "../../real-nodes/cases/starts.ts";
import { BESIDE_UNIT } from "../celery-beat.ts";

/** A beat until a tick asks the standby, and its stop. */
const FOUND_SECONDS = 20;

export const strayStopped: Case = {
  sentence:
    "a second one is started by hand past its unit on the standby: its pattern finds it, it is stopped and told, the first goes on",
  secondsOfTwoAllowed: FOUND_SECONDS,
  play: async (cluster) => {
    const [before, began] = [cluster.main(), Date.now()];
    const standby = cluster.other(cluster.active());
    const { code, output } = await standby.inside("systemd-run", "--quiet", ...BESIDE_UNIT);
    expectThat(code === 0, `it is started: ${output.slice(-500)}`);
    await cluster.until("it is there", () => cluster.hasAny(standby), 10);
    await cluster.until("it is gone", () => !cluster.hasAny(standby), FOUND_SECONDS);
    const gone = seconds(began);
    await cluster.until(
      "the history tells it",
      async () => (await cluster.codesSince(began)).some((each) => each.startsWith("SEVERAL_")),
      20,
    );
    await cluster.settled();
    expectThat(cluster.main() === before, "the first one went on");
    return { "gone after s": gone };
  },
};

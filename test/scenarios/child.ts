/** The process of one scenario: `child.ts NAME PORT ASSEMBLY [EXCHANGES]`; tells its result to the process that started it. */
import { SCENARIOS } from "./catalogue.ts";
import { endPlay, play } from "./play.ts";
import type { Word } from "./scenario.ts";

const [name, port, assembly, exchanges] = process.argv.slice(2);
const scenario = SCENARIOS.find((one) => one.name === name);
if (scenario === undefined || assembly === undefined) throw new Error("usage: child.ts NAME PORT ASSEMBLY");

const end = (reason: string) => {
  console.error(`${name} is ended: ${reason}`);
  void endPlay().finally(() => process.exit(130));
};
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => end(signal));
const alone = () => end("whoever started it is gone");
process.once("disconnect", alone);

const result = await play(scenario, {
  port: Number(port),
  assembly,
  exchanges,
  onProgress: (text) => tell({ kind: "progress", text }),
});
process.removeListener("disconnect", alone);
tell({ kind: "result", result });
process.disconnect?.();

function tell(word: Word): void {
  process.send?.(word);
}

import { createServer } from "node:http";
import { HEALTH_PORT } from "../deployments.ts";
import type { Scenario } from "../scenario.ts";
import { processesOf } from "../watcher.ts";

export const strangerOnThePort: Scenario = {
  name: "stranger-on-the-port",
  imitates:
    "The scheduler's health server dies and another program has its port, as the orphan of a killed scheduler would: it answers 200 to every question.",
  expects:
    "The stranger's answer counts for nothing. A restart in place gets the port as little, so the scheduler moves to a node where it does.",
  deployment: "served",
  history: [
    "COLD_START",
    "STARTS",
    "STARTED",
    "VERIFIED",
    "RESTARTS_UNHEALTHY",
    // Where the restart has used up the time in which the check would have been asked.
    "RECOVERED?",
    "MOVES_UNHEALTHY",
    "STARTS",
    "FAILED_OVER",
    "VERIFIED",
  ],
  mails: { RECOVERED: [0, 1], MOVES_UNHEALTHY: [1, 1], FAILED_OVER: [1, 1] },
  async play(stage) {
    await stage.begun();
    const [node, standby] = [stage.active(), stage.standby()];
    const root = stage.sandbox.folder.file("nodes", node);
    const [server = ""] = processesOf(root).filter((line) => line.includes(`listen(${HEALTH_PORT}`));
    stage.begins();
    process.kill(Number.parseInt(server, 10), "SIGKILL");
    const leave = await takePort(stage.until.bind(stage));
    try {
      await stage.detected(["RESTARTS_UNHEALTHY"], 40);
    } finally {
      // The other node is on the same machine.
      leave();
    }
    const [said] = stage.ticks(["RESTARTS_UNHEALTHY"], stage.incidentAt);
    const sentence = String(said?.data?.["sentence"]);
    if (!sentence.includes(`port ${HEALTH_PORT} is held by process ${process.pid} `))
      throw new Error(`it does not say who has the port: ${sentence}`);
    await stage.restored(40, standby);
    await stage.calm();
  },
};

/** This process answers 200 there, as soon as the port is free. */
async function takePort(until: (what: string, holds: () => boolean, within: number) => Promise<void>) {
  const server = createServer((_, answer) => answer.end("fine"));
  server.on("error", () => setTimeout(listen, 20));
  const listen = () => server.listen(HEALTH_PORT, "127.0.0.1");
  listen();
  await until("the stranger has the port", () => server.listening, 5);
  return () => {
    server.close();
    server.closeAllConnections();
  };
}

/** The demo scheduler as a unit, or as a command of the settings: it writes each task that it hands out to a ledger. */
import { Ledger } from "../../lib/sandbox/ledger.ts";
import type { Daemon } from "./daemon.ts";

/** Where the daemon is in the node. */
const PROGRAM = "/usr/local/bin/demo-scheduler";
const UNIT = "demo-scheduler.service";
const LEDGER_IN_NODE = "/srv/ledger.jsonl";
const HELPER = "demo-scheduler-helper";
const FILES = new URL("node/", import.meta.url);
/** What the unit runs, for clusters whose settings name a command, and by what these find one that somebody has started. */
const COMMAND = `exec /usr/bin/python3 ${PROGRAM} run ${LEDGER_IN_NODE}`;
const PATTERN = `^/usr/bin/python3 ${PROGRAM} run `;

/** `ledgerFile`: the cluster's, on this machine. */
export function demoDaemon(ledgerFile: string, by: "unit" | "command"): Daemon {
  const ledger = new Ledger(ledgerFile);
  return {
    unit: UNIT,
    binds: [{ here: ledgerFile, there: LEDGER_IN_NODE }],
    install: (node) => {
      node.install(new URL("demo-scheduler", FILES), PROGRAM, 0o755);
      node.install(new URL(UNIT, FILES), `/etc/systemd/system/${UNIT}`, 0o644);
      node.write(LEDGER_IN_NODE, "");
    },
    isMain: ({ argv }) => argv[1] === PROGRAM && argv[2] === "run",
    helpers: (_node, processes) => processes.filter(({ argv }) => argv[0] === HELPER),
    settings: { scheduler: by === "unit" ? { unit: UNIT } : { start: COMMAND, pattern: PATTERN } },
    doubleHandOuts: () => ledger.read().doubleHandOuts,
  };
}

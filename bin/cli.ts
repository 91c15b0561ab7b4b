/** The command-line tool. `bin/scheduler_failover_controller` starts it with the project's own Node. */
import { run } from "../lib/cli/program.ts";
import { realIo } from "../lib/cli/real-io.ts";

process.exitCode = await run(process.argv.slice(2), realIo());

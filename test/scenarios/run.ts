/**
 * Scenarios: named incidents, each played on a sandbox of its own by the deployed artifacts.
 *
 *   npm run scenario -- --list           what there is
 *   npm run scenario -- NAME... [--json]
 *   npm run scenario -- --all [--json] [--lanes N] [--judge-calls]
 *   npm run scenario -- --write-docs     writes docs/scenarios.md from the scenarios' headers
 *
 * `--judge-calls`: AWS's own service models judge every call, where there is a Python for them.
 * Exit status 0: all passed; 1: some failed; 2: there is nothing of that name.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writePage } from "./at-a-glance.ts";
import { SCENARIOS } from "./catalogue.ts";
import { judgeCalls } from "./judge-calls.ts";
import { runAll } from "./lanes.ts";
import { story, table } from "./report.ts";
import type { Scenario } from "./scenario.ts";

const { values, positionals } = parseArgs({
  options: {
    all: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    "judge-calls": { type: "boolean", default: false },
    lanes: { type: "string", default: "3" },
    "write-docs": { type: "boolean", default: false },
  },
  allowPositionals: true,
});

if (values["write-docs"]) writePage();
else if (values.list) list();
else {
  const chosen = choose();
  process.exitCode = chosen === undefined ? 2 : await run(chosen);
}

function list(): void {
  const width = Math.max(...SCENARIOS.map(({ name }) => name.length));
  for (const { name, imitates } of SCENARIOS) console.log(`${name.padEnd(width)}  ${imitates}`);
}

function choose(): readonly Scenario[] | undefined {
  const unknown = positionals.filter((name) => SCENARIOS.every((one) => one.name !== name));
  const lanes = Number(values.lanes);
  if (!Number.isInteger(lanes) || lanes < 1)
    console.error(`--lanes must be a whole number, got ${values.lanes}`);
  else if (unknown.length > 0) {
    const valid = SCENARIOS.map(({ name }) => name).join(", ");
    console.error(`there is no scenario ${unknown.join(", ")}; there are: ${valid}`);
  } else if (values.all) return SCENARIOS;
  else if (positionals.length > 0) return SCENARIOS.filter(({ name }) => positionals.includes(name));
  else console.error("usage: npm run scenario -- NAME... | --list | --all [--json]");
  return undefined;
}

async function run(chosen: readonly Scenario[]): Promise<number> {
  const exchanges = values["judge-calls"] ? mkdtempSync(join(tmpdir(), "scenario-calls-")) : undefined;
  const results = await runAll(chosen, Number(values.lanes), exchanges);
  const judged = exchanges === undefined ? undefined : judgeCalls(exchanges);
  if (exchanges !== undefined) rmSync(exchanges, { recursive: true });
  const failed = results.filter(({ name, failures }) => failures.length > 0 || judged?.guilty.includes(name));
  if (values.json) {
    console.log(JSON.stringify(results, undefined, 2));
  } else {
    for (const result of failed) console.log(`\n${story(result)}`);
    console.log(`\n${table(results)}`);
    if (judged) console.log(`\n${judged.text}`);
    console.log(`\n${results.length - failed.length} passed, ${failed.length} failed`);
  }
  return failed.length === 0 ? 0 : 1;
}

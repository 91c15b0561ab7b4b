/**
 * Switches off one safety rule after the other, in a copy of the sources, and has the simulation look for a violation.
 * A rule that nobody misses is a finding.
 *
 *   npm run mutations                          all of them
 *   npm run mutations -- --quick               those that are found within seconds
 *   npm run mutations -- --only skewMargin     those whose name or words contain this
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { MUTATIONS } from "./mutation-list.ts";
import type { Mutation } from "./mutation-list.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    quick: { type: "boolean", default: false },
    /** For each rule. */
    seconds: { type: "string", default: "120" },
  },
});

const root = fileURLToPath(new URL("../..", import.meta.url));
const tsx = join(root, "node_modules/.bin/tsx");
const PARTS = ["package.json", "tsconfig.json", "lib/core", "lambda", "test/simulation", "test/explore"];

let missed = 0;
const chosen = MUTATIONS.filter(
  ({ name, rule, slow }) =>
    !(values.quick && slow) && (values.only === undefined || `${name}: ${rule}`.includes(values.only)),
);
for (const mutation of chosen) {
  const begun = performance.now();
  const output = simulateWithout(mutation);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  const found = [...output.matchAll(/^(seed \d+|\s+VIOLATION): (.*)$/gm)].find((line) =>
    mutation.expect.test(line[2] ?? ""),
  );
  const isMissed = found !== undefined;
  if (!isMissed) missed += 1;
  const words = found
    ? `${found[1]?.trim()}: ${found[2]}`
    : (output.split("\n").find((line) => /Error/.test(line)) ?? "nothing found");
  console.log(
    `${isMissed ? "found    " : "NOT FOUND"} ${seconds.padStart(6)} s  ${mutation.name}: ${mutation.rule}\n                     ${words}`,
  );
}
console.log(`${chosen.length - missed} passed, ${missed} failed`);
process.exit(missed === 0 ? 0 : 1);

function simulateWithout(mutation: Mutation): string {
  const copy = mkdtempSync(join(tmpdir(), "mutation-"));
  try {
    for (const part of PARTS) cpSync(join(root, part), join(copy, part), { recursive: true });
    for (const { file, find, replace } of [mutation, ...(mutation.and ?? [])])
      patch(join(copy, file), find, replace);
    const found =
      mutation.by === "explore"
        ? ["test/explore/explore.ts", "--seconds", values.seconds]
        : ["test/simulation/simulate.ts", "--seeds", "100000", "--seconds", values.seconds, "--no-shrink"];
    const expected = mutation.by === "explore" ? [] : ["--expect", mutation.expect.source];
    const args = [...found, ...expected, ...(mutation.args ?? [])];
    const run = spawnSync(tsx, args, { cwd: copy, encoding: "utf8" });
    if (run.error) throw run.error;
    return run.stdout + run.stderr;
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** The text must be there, once: a mutation that changes nothing would prove nothing. */
function patch(file: string, find: string, replace: string): void {
  const text = readFileSync(file, "utf8");
  const parts = text.split(find);
  if (parts.length !== 2) throw new Error(`${file}: ${parts.length - 1} times, not once: ${find}`);
  writeFileSync(file, parts.join(replace));
}

/** The observer: a process of its own that reads the log of a run when all is over. `observer.ts LOG`; prints JSON. */
import { readFileSync } from "node:fs";
import type { Fact } from "./facts.ts";
import { judge } from "./judge.ts";

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error("usage: observer.ts LOG");
const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
process.stdout.write(JSON.stringify(judge(lines.map((line) => JSON.parse(line) as Fact))));

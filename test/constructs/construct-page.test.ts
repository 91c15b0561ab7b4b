import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { SchedulerFailover } from "../../lib/constructs/scheduler-failover.ts";

const page = readFileSync(new URL("../../docs/construct.md", import.meta.url), "utf8");
const source = readFileSync(new URL("../../lib/constructs/scheduler-failover.ts", import.meta.url), "utf8");

it("the page of the construct names every method that others may call", () => {
  const methods = Object.getOwnPropertyNames(SchedulerFailover.prototype).filter((name) =>
    new RegExp(`^  ${name}\\(`, "m").test(source),
  );
  expect(methods).toContain("grantRead");
  expect(methods.filter((name) => !page.includes(`\`${name}(`))).toEqual(["constructor"]);
});

it("the page of the construct names every property", () => {
  const props =
    /export interface SchedulerFailoverProps \{(?<body>[\s\S]*?)\n\}/.exec(source)?.groups?.["body"] ?? "";
  const names = [...props.matchAll(/readonly (\w+)\??:/g)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(3);
  expect(names.filter((name) => !page.includes(`| \`${name}\``))).toEqual([]);
});

it("the page of the construct names every member that others may read", () => {
  const body = source.slice(
    source.indexOf("export class SchedulerFailover"),
    source.indexOf("  constructor("),
  );
  const members = [...body.matchAll(/^  readonly (\w+):/gm)].map(([, name]) => name);
  expect(members).toContain("stateMachine");
  expect(members.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

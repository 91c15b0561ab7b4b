import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { MUTATIONS } from "./mutation-list.ts";

const text = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** The names in the first column of the tables whose first heading is `rule`. */
function rulesIn(markdown: string): readonly string[] {
  const tables = markdown.split(/\n\n/).filter((part) => /^\| rule +\|/.test(part));
  return tables.flatMap((table) =>
    table
      .split("\n")
      .slice(2)
      .map((row) => row.split("|")[1]?.trim() ?? ""),
  );
}

const specified = rulesIn(text("docs/spec/README.md"));
const beyond = rulesIn(text("docs/evidence.md"));

describe("a mutation", () => {
  it("names a rule of the specification or one that docs/evidence.md has beside them", () => {
    const known = new Set([...specified, ...beyond]);
    expect(
      MUTATIONS.filter(({ name }) => !known.has(name)).map(({ name, rule }) => `${name}: ${rule}`),
    ).toEqual([]);
  });

  it("switches off every rule that the specification does not have", () => {
    const switched = new Set(MUTATIONS.map(({ name }) => name));
    expect(beyond.filter((name) => !switched.has(name))).toEqual([]);
  });

  it.each(
    MUTATIONS.flatMap(({ rule, file, find, and = [] }) => [
      { rule, file, find },
      ...and.map((each) => ({ rule, ...each })),
    ]),
  )("changes what is there, once: $rule in $file", ({ file, find }) => {
    expect(text(file).split(find)).toHaveLength(2);
  });

  it("has words of its own", () => {
    const rules = MUTATIONS.map(({ rule }) => rule);
    expect(new Set(rules).size).toBe(rules.length);
  });
});

describe("a rule beyond the specification", () => {
  const places = [...text("docs/evidence.md").matchAll(/`(\w+)` in `((?:lib|lambda|test)\/[\w./-]+)`/g)];
  it.each(places.map(([, name = "", file = ""]) => ({ name, file })))(
    "is kept by $name, which $file has",
    ({ name, file }) => {
      expect(existsSync(new URL(`../../${file}`, import.meta.url))).toBe(true);
      expect(text(file)).toMatch(new RegExp(`\\b${name}\\b`));
    },
  );

  it("is told with where it is kept", () => {
    expect(places.length).toBeGreaterThanOrEqual(beyond.length);
    expect(specified.length).toBeGreaterThan(20);
  });
});

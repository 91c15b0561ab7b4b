/** Writes the settings' documents. A program: `npm run docs`. */
import { readFileSync, writeFileSync } from "node:fs";
import { type FormatConfig, format } from "oxfmt";
import { eventJsonSchema } from "../event-schema.ts";
import { profilesPage } from "./profiles-page.ts";
import { settingsJsonSchema, settingsPage, settingsTable } from "./reference.ts";

const root = new URL("../../", import.meta.url);

/** The text of each document by its path in the project, formatted as the project formats. */
export const referenceFiles = async (): Promise<ReadonlyMap<string, string>> => {
  const options = JSON.parse(readFileSync(new URL(".oxfmtrc.json", root), "utf8")) as FormatConfig;
  const drafts = {
    "docs/settings.schema.json": JSON.stringify(settingsJsonSchema()),
    "docs/event.schema.json": JSON.stringify(eventJsonSchema()),
    "docs/settings.md": settingsPage(),
    "docs/profiles.md": profilesPage(),
    "README.md": withTable(readFileSync(new URL("README.md", root), "utf8")),
  };
  const formatted = Object.entries(drafts).map(
    async ([path, draft]) => [path, (await format(path, draft, options)).code] as const,
  );
  return new Map(await Promise.all(formatted));
};

/** The table stands in the README too, between its two marks. @throws if a mark is missing */
function withTable(readme: string): string {
  const begin = "<!-- settings: begin (npm run docs) -->";
  const end = "<!-- settings: end -->";
  const [before, rest] = readme.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined)
    throw new Error("README.md has lost a mark of the settings table");
  return `${before}${begin}\n\n${settingsTable()}\n${end}${after}`;
}

if (import.meta.main) {
  for (const [path, text] of await referenceFiles()) writeFileSync(new URL(path, root), text);
}

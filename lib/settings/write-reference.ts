/** Writes the settings' documents. A program: `npm run docs`. */
import { readFileSync, writeFileSync } from "node:fs";
import { type FormatConfig, format } from "oxfmt";
import { settingsJsonSchema, settingsPage } from "./reference.ts";

const root = new URL("../../", import.meta.url);

/** The text of each document by its path in the project, formatted as the project formats. */
export const referenceFiles = async (): Promise<ReadonlyMap<string, string>> => {
  const options = JSON.parse(readFileSync(new URL(".oxfmtrc.json", root), "utf8")) as FormatConfig;
  const drafts = {
    "docs/settings.schema.json": JSON.stringify(settingsJsonSchema()),
    "docs/settings.md": settingsPage(),
  };
  const formatted = Object.entries(drafts).map(
    async ([path, draft]) => [path, (await format(path, draft, options)).code] as const,
  );
  return new Map(await Promise.all(formatted));
};

if (import.meta.main) {
  for (const [path, text] of await referenceFiles()) writeFileSync(new URL(path, root), text);
}

/** Writes the commands' pages: part of `npm run docs`. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { playPages } from "./play.ts";

const ROOT = new URL("../../../", import.meta.url);
const FOLDER = new URL("docs/commands/", ROOT);

const pages = await playPages();
mkdirSync(FOLDER, { recursive: true });
for (const name of readdirSync(FOLDER)) {
  if (!pages.has(`docs/commands/${name}`)) rmSync(new URL(name, FOLDER));
}
for (const [path, text] of pages) writeFileSync(new URL(path, ROOT), text);

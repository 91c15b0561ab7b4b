/** The licences of the packages whose code is in the package's modules: all of them ask to be named with it. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";

const PACKAGE = /^(?<folder>.*node_modules\/(?:@[^/]+\/)?[^/]+)\//;

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/** One text, a section for each package, in the order of their names. */
export function licences(root: string, bundles: readonly Metafile[]): string {
  const folders = new Set(bundles.flatMap((bundle) => [...foldersOf(bundle).keys()]));
  const sections = [...folders].map((folder) => sectionOf(join(root, folder)));
  return [...new Set(sections)].toSorted((a, b) => a.localeCompare(b)).join(`\n${"-".repeat(80)}\n\n`);
}

/** The folders of the packages whose code is in the bundle, each with its bytes there. */
export function foldersOf({ outputs }: Metafile): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { inputs } of Object.values(outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const folder = PACKAGE.exec(path)?.groups?.["folder"];
      if (folder === undefined || bytesInOutput === 0) continue;
      found.set(folder, (found.get(folder) ?? 0) + bytesInOutput);
    }
  }
  return found;
}

function sectionOf(folder: string): string {
  const {
    name,
    version,
    license = "see its text",
  } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  const text =
    file !== undefined && existsSync(join(folder, file)) ? readFileSync(join(folder, file), "utf8") : "";
  return `${name} ${version}, ${license}\n\n${text.trim()}\n`;
}

/** The package's types: what the compiler declares for its entry and all that this refers to. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { declareInput } from "./declare-input.ts";

/** The one that is written out instead: as the compiler declares it, it would need our schema library. */
const WRITTEN_OUT = "settings/input.d.ts";
const RELATIVE_IMPORT = /(?<before>\b(?:from|import)\s*\(?\s*")(?<path>\.{1,2}\/[^"]+)\.ts(?<after>")/g;

/** Writes them to `outdir` and answers their paths in it. `root` is the project's folder. */
export function writeDeclarations(root: string, outdir: string): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), "declarations-"));
  try {
    compile(root, folder);
    const written = new Set<string>();
    copy("index.d.ts", folder, outdir, written);
    return [...written];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compile(root: string, folder: string): void {
  const config = join(folder, "tsconfig.json");
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: join(root, "lib"),
    outDir: folder,
    types: ["node"],
    typeRoots: [join(root, "node_modules/@types")],
  };
  const extend = join(root, "tsconfig.json");
  writeFileSync(
    config,
    JSON.stringify({ extends: extend, compilerOptions, include: [join(root, "lib/index.ts")] }),
  );
  execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", config], { cwd: root, stdio: "inherit" });
}

/** Copies a declaration and, one by one, those that it imports; by names that every module resolution finds. */
function copy(path: string, from: string, to: string, written: Set<string>): void {
  if (written.has(path)) return;
  written.add(path);
  const text = path === WRITTEN_OUT ? declareInput() : readFileSync(join(from, path), "utf8");
  mkdirSync(dirname(join(to, path)), { recursive: true });
  writeFileSync(join(to, path), text.replaceAll(RELATIVE_IMPORT, "$<before>$<path>.js$<after>"));
  for (const match of text.matchAll(RELATIVE_IMPORT)) {
    const imported = join(dirname(path), `${match.groups?.["path"] ?? ""}.d.ts`);
    copy(relative(".", imported), from, to, written);
  }
}

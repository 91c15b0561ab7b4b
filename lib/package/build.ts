/**
 * Makes what the package ships beside the node's scripts: the construct as one CommonJS module, which both kinds of
 * project can load, its types, the command-line tool, and the controller's code ready to be deployed. A program:
 * `npm run build`.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundleHandler } from "../bundle-controller.ts";
import { writeDeclarations } from "./declarations.ts";
import { licences } from "./licences.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DIST = join(ROOT, "dist");

/** CommonJS knows no `import.meta.url`, by which the node's scripts and the handler are found. */
const OWN_URL = "ownUrl";

/** One module with all that it needs, for any Node that aws-cdk-lib runs on. */
const ONE_MODULE = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: "node",
  target: "node20",
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
} as const;

rmSync(DIST, { recursive: true, force: true });
mkdirSync(join(DIST, "handler"), { recursive: true });
const construct = await build({
  ...ONE_MODULE,
  entryPoints: [join(ROOT, "lib/index.ts")],
  outfile: join(DIST, "index.js"),
  format: "cjs",
  /** One copy of the CDK in a program: the caller's own. */
  external: ["aws-cdk-lib", "aws-cdk-lib/*", "constructs"],
  define: { "import.meta.url": OWN_URL },
  banner: { js: `const ${OWN_URL} = require("node:url").pathToFileURL(__filename).href;` },
});
const tool = await build({
  ...ONE_MODULE,
  entryPoints: [join(ROOT, "bin/cli.ts")],
  outfile: join(DIST, "cli.mjs"),
  format: "esm",
  mainFields: ["module", "main"],
  minify: true,
  /** Some of the packages are CommonJS still. */
  banner: {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  },
});
/** The package itself is one of ES modules; what is in this folder is not. */
writeFileSync(join(DIST, "package.json"), `${JSON.stringify({ type: "commonjs" })}\n`);
writeDeclarations(ROOT, DIST);
const handler = await bundleHandler(join(DIST, "handler"));
writeFileSync(
  join(DIST, "THIRD-PARTY.txt"),
  licences(ROOT, [construct.metafile, tool.metafile, handler.metafile]),
);

/**
 * Makes what the package ships beside the node's scripts: the construct as one CommonJS module, which both kinds of
 * project can load, its types, and the controller's code ready to be deployed. A program: `npm run build`.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundleHandler } from "../bundle-controller.ts";
import { writeDeclarations } from "./declarations.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DIST = join(ROOT, "dist");

/** CommonJS knows no `import.meta.url`, by which the node's scripts and the handler are found. */
const OWN_URL = "ownUrl";

rmSync(DIST, { recursive: true, force: true });
mkdirSync(join(DIST, "handler"), { recursive: true });
await build({
  entryPoints: [join(ROOT, "lib/index.ts")],
  outfile: join(DIST, "index.js"),
  absWorkingDir: ROOT,
  bundle: true,
  platform: "node",
  /** The lowest that aws-cdk-lib runs on. */
  target: "node20",
  format: "cjs",
  /** One copy of the CDK in a program: the caller's own. */
  external: ["aws-cdk-lib", "aws-cdk-lib/*", "constructs"],
  define: { "import.meta.url": OWN_URL },
  banner: { js: `const ${OWN_URL} = require("node:url").pathToFileURL(__filename).href;` },
  legalComments: "none",
  logLevel: "warning",
});
/** The package itself is one of ES modules; what is in this folder is not. */
writeFileSync(join(DIST, "package.json"), `${JSON.stringify({ type: "commonjs" })}\n`);
writeDeclarations(ROOT, DIST);
await bundleHandler(join(DIST, "handler"));

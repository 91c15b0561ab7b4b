import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AssetHashType, DockerImage } from "aws-cdk-lib";
import { type AssetCode, Code } from "aws-cdk-lib/aws-lambda";
import { buildSync } from "esbuild";
import type { Settings } from "../core/settings.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The Lambda's entry point. */
export const CONTROLLER_ENTRY = join(ROOT, "lambda/handler.ts");

/**
 * The controller's code asset: `index.mjs`, one minified module with the AWS SDK inside, so that what was tested is what
 * runs, and `settings.json` beside it. Made by esbuild in this process; no container is ever asked for.
 */
export const controllerCode = (settings: Settings, entry: string): AssetCode =>
  Code.fromAsset(join(ROOT, "lambda"), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: DockerImage.fromRegistry("none"),
      local: {
        tryBundle: (directory) => {
          bundle(entry, join(directory, "index.mjs"));
          writeFileSync(join(directory, "settings.json"), `${JSON.stringify(settings, undefined, 2)}\n`);
          return true;
        },
      },
    },
  });

const bundle = (entry: string, outfile: string): void => {
  buildSync({
    entryPoints: [entry],
    outfile,
    absWorkingDir: ROOT,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    mainFields: ["module", "main"],
    minify: true,
    legalComments: "none",
    logLevel: "warning",
  });
};

/**
 * Makes the controller's code: `index.mjs`, one minified module with the AWS SDK inside, so that what was tested is what
 * runs.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Metafile, type Plugin, build } from "esbuild";
import type { Settings } from "./core/settings.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** The Lambda's entry point. */
const ENTRY = join(ROOT, "lambda/handler.ts");

/** Answers the module's path, and what it is made of. */
export const bundleHandler = async (
  directory: string,
  entry = ENTRY,
): Promise<{ readonly file: string; readonly metafile: Metafile }> => {
  const outfile = join(directory, "index.mjs");
  const { metafile } = await build({
    entryPoints: [entry],
    outfile,
    absWorkingDir: ROOT,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    mainFields: ["module", "main"],
    external: [...OTHER_CREDENTIALS],
    plugins: [lettingGoOfShapes],
    minify: true,
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  return { file: outfile, metafile };
};

/** The same with `settings.json` beside it: what the function finds in its own folder. */
export const bundleController = async (directory: string, settings: Settings): Promise<void> => {
  await bundleHandler(directory);
  await writeFile(join(directory, "settings.json"), `${JSON.stringify(settings, undefined, 2)}\n`);
};

/**
 * Where the SDK looks for credentials when the environment has none; Lambda's always has. They are a fifth of the
 * module, and each is imported only when it is its turn.
 */
const OTHER_CREDENTIALS = [
  "@aws-sdk/credential-provider-http",
  "@aws-sdk/credential-provider-ini",
  "@aws-sdk/credential-provider-process",
  "@aws-sdk/credential-provider-sso",
  "@aws-sdk/credential-provider-web-identity",
  "@smithy/credential-provider-imds",
];

/**
 * The SDK describes each service's shapes in one file, EC2's in 1.3 MB. esbuild drops those that nobody needs, but not
 * where a key is computed, since computing one may have an effect. Here such a key is a constant of the same file:
 * written out, it lets go of its shape, and half of the module is gone.
 */
const lettingGoOfShapes: Plugin = {
  name: "letting-go-of-shapes",
  setup(building) {
    building.onLoad(
      { filter: /@aws-sdk\/client-[^/]+\/dist-es\/schemas\/schemas_0\.js$/ },
      async ({ path }) => {
        const text = await readFile(path, "utf8");
        const constants = new Map(
          [...text.matchAll(/^const (\w+) = ("[^"\\]*");$/gm)].map(([, name, value]) => [name, value]),
        );
        const contents = text.replaceAll(/\[(\w+)\]:/g, (key, name: string) => {
          const value = constants.get(name);
          return value === undefined ? key : `${value}:`;
        });
        return { contents, loader: "js" };
      },
    );
  },
};

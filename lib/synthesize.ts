/** Makes the cloud assembly: template, bundled controller and all, exactly what is deployed. */
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { bundleHandler } from "./bundle-controller.ts";
import type { Settings } from "./core/settings.ts";
import { FailoverStack } from "./failover-stack.ts";
import { DEFAULT_STACK_NAME, type Deployment } from "./settings/context.ts";

export interface SynthesizeOptions {
  readonly settings: Settings;
  /** Directory that gets the assembly. */
  readonly outdir: string;
  /** @default SchedulerFailover */
  readonly stackName?: string;
  /**
   * Source file of the Lambda's handler.
   * @default - lambda/handler.ts
   */
  readonly entry?: string;
}

export interface Synthesized {
  readonly stackName: string;
  readonly stack: FailoverStack;
  /** The CloudFormation template. */
  readonly template: object;
  readonly templateFile: string;
  /** Directory of the function's code: `index.mjs` and `settings.json`. */
  readonly codeDirectory: string;
}

/** Adds the deployment's one stack to its app and synthesizes it. */
export const synthesizeApp = async (
  app: App,
  { stackName, ...deployment }: Deployment,
  entry?: string,
): Promise<FailoverStack> => {
  const folder = await mkdtemp(join(tmpdir(), "scheduler-failover-handler-"));
  try {
    const { file: handler } = await bundleHandler(folder, entry);
    const stack = new FailoverStack(app, stackName, { ...deployment, handler });
    app.synth();
    return stack;
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** The same in this process, with the feature flags that the command-line tool would hand over. */
export const synthesize = async (options: SynthesizeOptions): Promise<Synthesized> => {
  const { settings, outdir, entry, stackName = DEFAULT_STACK_NAME } = options;
  const app = new App({ outdir, context: featureFlags(), autoSynth: false, analyticsReporting: false });
  const stack = await synthesizeApp(app, { stackName, settings }, entry);
  const artifact = app.synth().getStackArtifact(stack.artifactId);
  return {
    stackName,
    stack,
    template: artifact.template as object,
    templateFile: artifact.templateFullPath,
    codeDirectory: join(outdir, codeAsset(outdir, stackName)),
  };
};

const featureFlags = (): Record<string, unknown> => {
  const file = new URL("../cdk.json", import.meta.url);
  const { context } = JSON.parse(readFileSync(file, "utf8")) as { context: Record<string, unknown> };
  return Object.fromEntries(Object.entries(context).filter(([key]) => key.startsWith("@aws-cdk")));
};

interface AssetManifest {
  readonly files: Readonly<
    Record<string, { readonly source: { readonly path: string; readonly packaging: string } }>
  >;
}

const codeAsset = (outdir: string, stackName: string): string => {
  const manifest = JSON.parse(
    readFileSync(join(outdir, `${stackName}.assets.json`), "utf8"),
  ) as AssetManifest;
  const zipped = Object.values(manifest.files).filter(({ source }) => source.packaging === "zip");
  const [only, ...others] = zipped;
  if (!only || others.length > 0) throw new Error(`expected one code asset, got ${zipped.length}`);
  return only.source.path;
};

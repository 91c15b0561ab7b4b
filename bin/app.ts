/** The CDK app: settings to one stack. `cdk synth -c settings=FILE -c stackName=NAME` override `cdk.json`. */
import { App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { readContext } from "../lib/settings/context.ts";
import { SettingsError } from "../lib/settings/faults.ts";
import { synthesizeApp } from "../lib/synthesize.ts";

try {
  const app = new App({ autoSynth: false });
  const deployment = readContext((key) => app.node.tryGetContext(key));
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  await synthesizeApp(app, deployment);
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

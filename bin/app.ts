/** The CDK app: settings to one stack. `cdk synth -c settings=FILE -c stackName=NAME` override `cdk.json`. */
import { App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { SettingsError } from "../lib/settings/faults.ts";
import { readContext } from "../lib/settings/context.ts";
import { addStack } from "../lib/synthesize.ts";

try {
  const app = new App({ autoSynth: false });
  addStack(
    app,
    readContext((key) => app.node.tryGetContext(key)),
  );
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  app.synth();
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

/** The CDK app: settings to one stack. `cdk synth -c settings=FILE -c stackName=NAME` override `cdk.json`. */
import { App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { describeProfile } from "../lib/settings/apply-profile.ts";
import { readContext } from "../lib/settings/context.ts";
import { SettingsError } from "../lib/settings/faults.ts";
import { synthesizeApp } from "../lib/synthesize.ts";

try {
  const app = new App({ autoSynth: false });
  const deployment = readContext((key) => app.node.tryGetContext(key));
  // To the error output: the other one is the template's, for who wants to read it.
  for (const profile of deployment.profiles) console.error(describeProfile(profile));
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  await synthesizeApp(app, deployment);
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

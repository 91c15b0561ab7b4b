/** Prints the script that prepares a node before its first converge. A program: `npm run -s node-setup -- CLUSTER [SETTINGS]`. */
import { nodeSetup } from "./node-document.ts";
import { SettingsError } from "./settings/faults.ts";
import { readSettings } from "./settings/read.ts";

const [cluster = "", file = "settings.yaml"] = process.argv.slice(2);
try {
  const { clusters } = readSettings({ file });
  const settings = clusters[cluster];
  if (settings) process.stdout.write(nodeSetup(cluster, settings));
  else {
    console.error(
      `${file} has no cluster ${cluster || "(none given)"}; it has: ${Object.keys(clusters).join(", ")}`,
    );
    process.exitCode = 1;
  }
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

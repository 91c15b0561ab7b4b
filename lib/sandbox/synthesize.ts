/** Synthesizes the app as `cdk synth` does: in a process of its own, with `cdk.json`'s context. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isRecord } from "./values.ts";
import { PROJECT } from "./folder.ts";

/** Answers the assembly's directory; throws what the app said where it refused the settings. */
export async function synthesizeApp(
  directory: string,
  settingsFile: string,
  stackName: string,
): Promise<string> {
  const cdk: unknown = JSON.parse(readFileSync(join(PROJECT, "cdk.json"), "utf8"));
  const own = isRecord(cdk) && isRecord(cdk["context"]) ? cdk["context"] : {};
  const child = spawn(process.execPath, [join(PROJECT, "bin/app.ts")], {
    cwd: PROJECT,
    env: {
      ...process.env,
      CDK_OUTDIR: directory,
      CDK_CONTEXT_JSON: JSON.stringify({ ...own, settings: settingsFile, stackName }),
      CDK_DISABLE_VERSION_CHECK: "true",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`the app could not be synthesized:\n${output.trim()}`);
  return directory;
}

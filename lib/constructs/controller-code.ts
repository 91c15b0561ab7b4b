import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Code } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import type { Settings } from "../core/settings.ts";

/** With this context an asset is not copied into the assembly, but read from where it is, later. */
const UNSTAGED = "aws:cdk:disable-asset-staging";

/**
 * The function's code: the handler's one module with the deployment's settings beside it. `use` makes the asset of it,
 * which copies it; then the folder is gone.
 */
export const withControllerCode = <Made>(
  scope: Construct,
  handler: string,
  settings: Settings,
  use: (code: Code) => Made,
): Made => {
  if (!existsSync(handler)) {
    throw new Error(
      `there is no bundled handler at ${handler}: npm run build makes it, and the package has it`,
    );
  }
  const folder = mkdtempSync(join(tmpdir(), "scheduler-failover-code-"));
  try {
    copyFileSync(handler, join(folder, "index.mjs"));
    writeFileSync(join(folder, "settings.json"), `${JSON.stringify(settings, undefined, 2)}\n`);
    return use(Code.fromAsset(folder));
  } finally {
    if (scope.node.tryGetContext(UNSTAGED) === undefined) rmSync(folder, { recursive: true });
  }
};

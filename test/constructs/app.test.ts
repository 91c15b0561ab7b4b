import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { changed } from "../settings/written.ts";

const root = new URL("../../", import.meta.url).pathname;
const outdir = mkdtempSync(join(tmpdir(), "app-"));
afterAll(() => rmSync(outdir, { recursive: true }));

/** The app as the CDK's command-line tool starts it. */
const run = (context: Record<string, unknown>) =>
  spawnSync(join(root, "node_modules/.bin/tsx"), ["bin/app.ts"], {
    cwd: root,
    encoding: "utf8",
    env: {
      ...process.env,
      PATH: `${join(root, "node_modules/.bin")}:${process.env["PATH"]}`,
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify(context),
    },
  });

describe("the app, given wrong settings,", () => {
  it("names all faults, ends with 1, and shows no stack and no template", () => {
    const { status, stderr } = run({
      settings: changed(["beatSeconds", 1], ["clusters.main.fence", "ec2-stop"]),
    });
    expect(stderr.trim().split("\n")).toEqual([
      "settings in cdk.json: 2 faults in the settings",
      "  beatSeconds is 1: must be a whole number of seconds from 5 to 60",
      '  clusters.main.fence is "ec2-stop": is not available yet: leave it out or set none',
    ]);
    expect(status).toBe(1);
    expect(readdirSync(outdir)).toEqual([]);
  });
});

/**
 * What is deployed on a stage: the stack as anybody gets it, or the same with times shorter than settings may have, for
 * suites that wait for many grants to run out, or for what is asked some times a day. Those limits are there for calm, not
 * for safety: a grant of any length is promised before it is sent. The settings are read and checked as ever, with times
 * that they may have; then these take their place, and the very constructs of the app make the assembly.
 */
import { join } from "node:path";
import type { ClusterSettings, Settings } from "../../lib/core/settings.ts";
import { type Sandbox, type SandboxOptions, STACK_NAME } from "../../lib/sandbox/sandbox.ts";
import { merge, type SettingsOverride, writeSettings } from "../../lib/sandbox/sandbox-settings.ts";
import { recordOf } from "../../lib/sandbox/values.ts";
import { readSettings } from "../../lib/settings/read.ts";
import { synthesize } from "../../lib/synthesize.ts";
import { freshFolder, type RunFolder } from "./host.ts";

/** Times of one cluster. */
export interface Shortened {
  readonly grantSeconds?: number;
  /** How often the scheduler's own books are asked. */
  readonly opinionMinutes?: number;
}

/** Many cases wait for a grant's end. */
export const SHORT: Shortened = { grantSeconds: 20 };

/** Deploys at the start, and again with other settings: with times as anybody has them where none are shortened. */
export class StageDeployment {
  readonly #settings: SettingsOverride;
  readonly #shortened: ReadonlyMap<string, Shortened>;
  readonly #run: RunFolder;
  #count = 0;

  constructor(settings: SettingsOverride, shortened: ReadonlyMap<string, Shortened>, run: RunFolder) {
    this.#settings = settings;
    this.#shortened = shortened;
    this.#run = run;
  }

  async first(): Promise<Pick<SandboxOptions, "settings" | "assembly">> {
    const settings = this.#settings;
    return this.#shortened.size === 0 ? { settings } : { settings, assembly: await this.#assembly(settings) };
  }

  async next(sandbox: Sandbox, changed: SettingsOverride): Promise<void> {
    const settings = recordOf(merge(this.#settings, changed));
    if (this.#shortened.size === 0) await sandbox.deploy(settings);
    else await sandbox.deployAssembly(await this.#assembly(settings));
  }

  async #assembly(settings: SettingsOverride): Promise<string> {
    this.#count += 1;
    const folder = freshFolder(join(this.#run.path, `deployment-${this.#count}`));
    return await synthesizeShortened(folder, settings, this.#shortened);
  }
}

/** Answers the assembly's folder, which is made below `folder`. */
async function synthesizeShortened(
  folder: string,
  written: SettingsOverride,
  shortened: ReadonlyMap<string, Shortened>,
): Promise<string> {
  const file = join(folder, "settings-as-read.yaml");
  writeSettings(file, "", written);
  const { clusters, ...deployment } = readSettings({ file });
  const settings: Settings = {
    ...deployment,
    clusters: Object.fromEntries(
      Object.entries(clusters).map(([name, own]) => [name, shorten(own, shortened.get(name) ?? {})]),
    ),
  };
  const outdir = join(folder, "cdk.out");
  await synthesize({ settings, outdir, stackName: STACK_NAME });
  return outdir;
}

function shorten(own: ClusterSettings, { grantSeconds, opinionMinutes }: Shortened): ClusterSettings {
  const { secondOpinion } = own.scheduler;
  return {
    ...own,
    timers: { ...own.timers, ...(grantSeconds === undefined ? {} : { grantSeconds }) },
    scheduler: {
      ...own.scheduler,
      ...(secondOpinion === undefined || opinionMinutes === undefined
        ? {}
        : { secondOpinion: { ...secondOpinion, everyMinutes: opinionMinutes } }),
    },
  };
}

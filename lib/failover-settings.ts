import type { Settings } from "./core/settings.ts";
import type { SettingsInput } from "./settings/input.ts";
import { readSettings } from "./settings/read.ts";

/** What is watched and who is told: checked and complete. Every field is in docs/settings.md. */
export class FailoverSettings {
  /**
   * From a YAML file, or a JSON one.
   * @throws an error that names every fault found, with its line
   */
  static fromFile(path: string): FailoverSettings {
    return new FailoverSettings(readSettings({ file: path }));
  }

  /**
   * From an object of the same shape.
   * @throws an error that names every fault found
   */
  static of(settings: SettingsInput): FailoverSettings {
    return new FailoverSettings(readSettings({ inline: settings, name: "settings" }));
  }

  /** Those that have been read and checked already. */
  static checked(settings: Settings): FailoverSettings {
    return new FailoverSettings(settings);
  }

  /** With every default filled in. */
  readonly complete: Settings;

  private constructor(complete: Settings) {
    this.complete = complete;
  }
}

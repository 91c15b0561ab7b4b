import type { Settings } from "./core/settings.ts";
import { type AppliedProfile, describeProfile } from "./settings/apply-profile.ts";
import type { SettingsInput } from "./settings/input.ts";
import { readWithProfiles, type SettingsRead } from "./settings/read.ts";

/** What is watched and who is told: checked and complete. Every field is in docs/settings.md. */
export class FailoverSettings {
  /**
   * From a YAML file, or a JSON one.
   * @throws an error that names every fault found, with its line
   */
  static fromFile(path: string): FailoverSettings {
    return new FailoverSettings(readWithProfiles({ file: path }));
  }

  /**
   * From an object of the same shape.
   * @throws an error that names every fault found
   */
  static of(settings: SettingsInput): FailoverSettings {
    return new FailoverSettings(readWithProfiles({ inline: settings, name: "settings" }));
  }

  /** Those that have been read and checked already. */
  static checked(settings: Settings, profiles: readonly AppliedProfile[] = []): FailoverSettings {
    return new FailoverSettings({ settings, profiles });
  }

  /** With every default filled in. */
  readonly complete: Settings;

  /** For each cluster that names a profile a text: which value is the profile's, which the settings' own, and why. */
  readonly profiles: readonly string[];

  private constructor({ settings, profiles }: SettingsRead) {
    this.complete = settings;
    this.profiles = profiles.map(describeProfile);
  }
}

/** What the CDK context says: where the settings are and how the stack is called. */
import type { Settings } from "../core/settings.ts";
import { type Fault, SettingsError } from "./faults.ts";
import type { AppliedProfile } from "./apply-profile.ts";
import { readWithProfiles } from "./read.ts";

export interface Deployment {
  readonly stackName: string;
  readonly settings: Settings;
  readonly profiles?: readonly AppliedProfile[];
}

export const DEFAULT_STACK_NAME = "SchedulerFailover";

/**
 * Names of documents and log groups begin with the stack's name: short enough for the longest cluster's document, and
 * not with a prefix that AWS keeps for itself.
 */
export const DEPLOYMENT_NAME = /^(?!aws|amazon|amzn)[A-Za-z][A-Za-z0-9-]{0,63}$/i;
export const DEPLOYMENT_NAME_RULE =
  "must be at most 64 letters, digits and -, begin with a letter, and not with aws, amazon or amzn";

/** @throws SettingsError with every fault found. */
export const readContext = (context: (key: string) => unknown): Deployment => {
  const stackName = context("stackName") ?? DEFAULT_STACK_NAME;
  const source = context("settings");
  if (typeof stackName !== "string" || !DEPLOYMENT_NAME.test(stackName)) {
    throw wrong({ path: ["stackName"], rule: DEPLOYMENT_NAME_RULE, found: { value: stackName } });
  }
  if (source === undefined) {
    const rule =
      "name your settings file in cdk.json or as -c settings=FILE; docs/settings.example.yaml is a start";
    throw wrong({ path: ["settings"], rule, found: "absent" });
  }
  const { settings, profiles } = readWithProfiles(
    typeof source === "string" ? { file: source } : { inline: source, name: "settings in cdk.json" },
  );
  return { stackName, settings, profiles };
};

const wrong = (fault: Fault): SettingsError => new SettingsError("context", [fault]);

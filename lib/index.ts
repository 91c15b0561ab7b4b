/**
 * The package: one construct that brings a whole deployment of the controller into a CDK app.
 *
 * ```ts
 * new SchedulerFailover(stack, "SchedulerFailover", { settings: FailoverSettings.fromFile("settings.yaml") });
 * ```
 */
export { SchedulerFailover, type SchedulerFailoverProps } from "./constructs/scheduler-failover.ts";
export { FailoverSettings } from "./failover-settings.ts";
export type { SettingsInput } from "./settings/input.ts";

import { settingsHash } from "../../lib/settings/hash.ts";
import type { Action } from "./action.ts";

export const version: Action = {
  access: "read",
  about: "deployment",
  fields: {},
  run({ environment, version }) {
    const { functionName, region, settings } = environment;
    return Promise.resolve({
      ok: true,
      action: "version",
      code: "VERSION",
      sentence: `Scheduler failover controller ${version}.`,
      data: {
        version,
        functionName,
        region,
        clusters: Object.keys(settings.clusters),
        settingsHash: settingsHash(settings),
      },
    });
  },
};

/** Names complete settings by their content: who has the file can tell whether it is what was deployed. */
import { createHash } from "node:crypto";
import type { Settings } from "../core/settings.ts";

/** 12 hex digits, enough to tell two files apart. */
const DIGITS = 12;

/** In the order in which they were read, which is the same for the same file. */
export function settingsHash(settings: Settings): string {
  return createHash("sha256").update(JSON.stringify(settings)).digest("hex").slice(0, DIGITS);
}

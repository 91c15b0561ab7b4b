/** What an examination finds: how it stands, and what to do about it. */

/** `unknown`: it could not be found out, which is not well. */
export type Level = "ok" | "warning" | "FAULT" | "unknown";

export interface Finding {
  readonly level: Level;
  readonly what: string;
  readonly fix?: string;
}

export const ok = (what: string): Finding => ({ level: "ok", what });
export const warning = (what: string, fix: string): Finding => ({ level: "warning", what, fix });
export const fault = (what: string, fix: string): Finding => ({ level: "FAULT", what, fix });
export const unknown = (what: string, fix: string): Finding => ({ level: "unknown", what, fix });

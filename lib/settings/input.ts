/** What a person may write as settings, as a type. In the package it is written out, with each field's description. */
import type { z } from "zod";
import type { settingsSchema } from "./schema.ts";

export type SettingsInput = z.input<typeof settingsSchema>;

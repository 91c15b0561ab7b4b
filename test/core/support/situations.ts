/** The rule table by example: a situation, and the rule, phase and plan that follow from it. */
import { NOT_RUNNING, RUNNING, SILENT, UNHEALTHY } from "./situations-active.ts";
import { BEFORE, BETWEEN, FIRST_SIGHT } from "./situations-start.ts";

export const SITUATIONS = { BEFORE, FIRST_SIGHT, BETWEEN, SILENT, NOT_RUNNING, UNHEALTHY, RUNNING };

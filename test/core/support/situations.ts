/** The rule table by example: a situation, and the rule, phase and plan that follow from it. */
import { NOT_RUNNING, SILENT, UNHEALTHY } from "./situations-active.ts";
import { RUNNING } from "./situations-running.ts";
import { BEFORE, BETWEEN, FIRST_SIGHT } from "./situations-start.ts";
import { FENCING, OVERRIDING, STANDING_ASIDE } from "./situations-aside.ts";
import { DRILLS } from "./situations-drill.ts";
import { MOVING, STEERING } from "./situations-wish.ts";

export const SITUATIONS = {
  BEFORE,
  STEERING,
  MOVING,
  DRILLS,
  OVERRIDING,
  STANDING_ASIDE,
  FIRST_SIGHT,
  BETWEEN,
  SILENT,
  FENCING,
  NOT_RUNNING,
  UNHEALTHY,
  RUNNING,
};

/** The program that plays the scheduler on local nodes. */
import { fileURLToPath } from "node:url";

export const DEMO_SCHEDULER = fileURLToPath(new URL("../demo-scheduler.mjs", import.meta.url));

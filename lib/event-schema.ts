/** The shape of the controller's events, for who writes rules and targets: docs/event.schema.json is made from it. */
import { z } from "zod";
import { EVENT_SOURCE } from "./core/events.ts";

const instant = z.iso.datetime().describe("RFC 3339, UTC.");

const proof = z
  .strictObject({
    kind: z.enum(["reported-stopped", "grant-expired", "instance-stopped", "operator-override"]),
    at: instant,
    token: z.int().describe("Token of the plan that the node answered; 0 where none was."),
  })
  .describe("Why a node is known not to run the scheduler.");

const detail = z
  .strictObject({
    cluster: z.string(),
    at: instant,
    token: z.int().describe("Token of the plan under which it was decided; grows with every plan."),
    code: z.string().describe("The decision, as in `detail-type`."),
    sentence: z.string().describe("The same in words, as history, mail and `status` show it."),
    phase: z.enum(["looking", "steady", "stopping", "starting", "verifying"]),
    active: z
      .string()
      .optional()
      .describe("Instance id of the node that runs the scheduler or shall run it."),
    from: z.string().optional().describe("Instance id of the node where it ran before, while it is moved."),
    proofs: z.record(z.string(), proof).optional().describe("By instance id: on what a start rested."),
    by: z.string().optional().describe("Who asked, as the caller claims, for what an operator began."),
    reason: z.string().optional(),
    requestId: z
      .string()
      .optional()
      .describe("Lambda's request id of the asking, which CloudTrail knows too."),
    gapSeconds: z.number().optional().describe("Seconds without a scheduler, where this ended such a time."),
    drill: z
      .strictObject({ seconds: z.number(), gapSeconds: z.number() })
      .optional()
      .describe(
        "With DRILL_DONE: how long it took, and how long there was no scheduler, both ways together.",
      ),
    skipped: z
      .int()
      .optional()
      .describe(
        "So many older events were given up, since the bus did not take them for long: `history` has them.",
      ),
  })
  .describe("The entry of the history. `cluster`, `at` and `token` name it: an event may come twice.");

export const eventSchema = z.object({
  source: z.literal(EVENT_SOURCE),
  "detail-type": z
    .string()
    .regex(/^[A-Z][A-Z_]*$/)
    .describe("Code of the decision, such as FAILED_OVER."),
  detail,
});

export const eventJsonSchema = (): object => ({
  title: "Event of the scheduler failover controller",
  ...z.toJSONSchema(eventSchema, { io: "output" }),
});

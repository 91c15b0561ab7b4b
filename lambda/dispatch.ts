/** Every event that the function gets: the loop's ticks, EC2's word, operators' actions, the dashboard's widgets. */
import * as z from "zod/mini";
import { parseInstant } from "../lib/core/instants.ts";
import type { Instant } from "../lib/core/model.ts";
import { actionOf, operate } from "./actions/operate.ts";
import { refuse, refuseFaults, type Refusal, type Reply } from "./actions/reply.ts";
import { tickLoop, type Controller, type LoopReply } from "./loop.ts";
import { answerReadiness, readinessRequest, type Readiness } from "./readiness.ts";
import { faultsOf } from "./validation.ts";
import { wake, type WakeReply } from "./wake.ts";
import { answerWidget, isWidgetCall } from "./widget/widget.ts";

/** What Lambda says of an invocation. */
export interface Invocation {
  readonly awsRequestId: string;
  readonly invokedFunctionArn: string;
}

/** The alias that the loop and EC2's events use; nobody else may. */
const TICK_ALIAS = "tick";

/** The loop's clock and this one differ by less; an execution "from the future" would end all loops until then. */
const AHEAD_MILLISECONDS = 60_000;

/**
 * Open, as what AWS's parts of the deployment send is and what people send is not: after a rollback a newer loop goes on
 * for up to a minute, and what it says beyond this is its own affair. Refused ticks would be missed beats.
 */
const TICK_EVENT = z.looseObject({
  action: z.literal("tick"),
  execution: z.looseObject({ id: z.string().check(z.minLength(1)), startedAt: z.string() }),
});

const WAKE_EVENT = z.looseObject({
  action: z.literal("wake"),
  source: z.literal("ec2"),
  instanceId: z.string().check(z.minLength(1)),
  state: z.string(),
});

/** @throws what a tick throws, so that the loop and the alarms see it. Everything else is answered. */
export async function dispatch(
  controller: Controller,
  event: unknown,
  { awsRequestId, invokedFunctionArn }: Invocation,
): Promise<LoopReply | WakeReply | Reply | Readiness | string> {
  const alias = aliasOf(invokedFunctionArn);
  const asked = alias === undefined ? readinessRequest(event) : undefined;
  if (asked) return await answerReadiness(controller, asked);
  const action = actionOf(event);
  if (action === "tick") return refuseAlias("tick", alias) ?? (await tick(controller, event, awsRequestId));
  if (action === "wake") return refuseAlias("wake", alias) ?? (await wakeUp(controller, event, awsRequestId));
  const { ports, environment, version } = controller;
  const context = { ports, environment, version, requestId: awsRequestId };
  if (isWidgetCall(event)) return answerWidget(context, event, { functionArn: invokedFunctionArn, alias });
  return operate(context, event, alias);
}

async function tick(controller: Controller, event: unknown, requestId: string): Promise<LoopReply | Refusal> {
  const refusal = refuseEvent(TICK_EVENT, event);
  if (refusal) return refusal;
  const { execution } = event as z.infer<typeof TICK_EVENT>;
  const startedAt = parseInstant(execution.startedAt);
  const fault = faultOfStart(startedAt, controller.ports.clock.now());
  if (startedAt === undefined || fault !== undefined) {
    const field = "execution.startedAt";
    const rule = fault ?? "";
    return refuseFaults([{ code: "INVALID_FIELD", field, value: execution.startedAt, rule }]);
  }
  return tickLoop(controller, { id: execution.id, startedAt }, requestId);
}

function faultOfStart(startedAt: Instant | undefined, now: Instant): string | undefined {
  if (startedAt === undefined) return "must be an instant as RFC 3339";
  if (startedAt > now + AHEAD_MILLISECONDS) return "must not be in the future";
  return undefined;
}

async function wakeUp(
  controller: Controller,
  event: unknown,
  requestId: string,
): Promise<WakeReply | Refusal> {
  const refusal = refuseEvent(WAKE_EVENT, event);
  return refusal ?? (await wake(controller, (event as z.infer<typeof WAKE_EVENT>).instanceId, requestId));
}

function refuseEvent(schema: z.ZodMiniType, event: unknown): Refusal | undefined {
  const [first, ...more] = faultsOf(schema, event);
  return first && refuseFaults([first, ...more]);
}

function refuseAlias(action: string, alias: string | undefined): Refusal | undefined {
  if (alias === TICK_ALIAS) return undefined;
  const sentence = `${action} comes through the alias ${TICK_ALIAS}, from the loop and from EC2's events only.`;
  return refuse("WRONG_ALIAS", sentence, { field: "alias", value: alias ?? null, valid: [TICK_ALIAS] });
}

/** `arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]`; undefined without a qualifier. */
export function aliasOf(functionArn: string): string | undefined {
  return functionArn.split(":")[7];
}

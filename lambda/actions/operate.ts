/** From what an operator sent to what is answered: which action, through which alias, about which cluster. */
import * as z from "zod/mini";
import {
  describeFailure,
  errorName,
  StoreRefusedError,
  StoreUnavailableError,
  UnreadableRecordError,
} from "../adapters/failures.ts";
import { faultsOf, type Fault } from "../validation.ts";
import type { Action, ActionContext } from "./action.ts";
import { history } from "./history.ts";
import { inspect } from "./inspect.ts";
import { metadata } from "./metadata.ts";
import { drill, failover, switchover } from "./moves.ts";
import { refuse, refuseFaults, type Reply } from "./reply.ts";
import { sendTestEmail } from "./send-test-email.ts";
import { status } from "./status.ts";
import { takeOver } from "./take-over.ts";
import { cancel, clearMetadata, detach, exclude, include, observe, pause, resume } from "./steer.ts";
import { version } from "./version.ts";
import { why } from "./why.ts";

/** By the name under which an operator asks for it. */
export const ACTIONS: Readonly<Record<string, Action<never>>> = {
  failover,
  switchover,
  drill,
  cancel,
  pause,
  resume,
  observe,
  detach,
  exclude,
  include,
  take_over: takeOver,
  clear_metadata: clearMetadata,
  status,
  why,
  inspect,
  metadata,
  history,
  send_test_email: sendTestEmail,
  version,
};

/** Aliases through which an action may come: who may act may also look. */
const ALIASES: Readonly<Record<Action["access"], readonly string[]>> = {
  read: ["read", "operate"],
  operate: ["operate"],
};

/** Never throws: whatever goes wrong is an answer, and told to the journal. */
export async function operate(
  context: ActionContext,
  event: unknown,
  alias: string | undefined,
): Promise<Reply> {
  const name = actionOf(event);
  const action = typeof name === "string" && Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (action === undefined) return unknownAction(name);
  const aliases = ALIASES[action.access];
  if (alias === undefined || !aliases.includes(alias)) {
    const sentence = `${String(name)} must be invoked through the alias ${aliases.join(" or ")}, not ${alias ?? "without one"}.`;
    return refuse("WRONG_ALIAS", sentence, { field: "alias", value: alias ?? null, valid: aliases });
  }
  const { cluster, faults } = checkRequest(action, event, context);
  const [first, ...more] = faults;
  if (first) return refuseFaults([first, ...more]);
  try {
    return await action.run(context, cluster, event as never);
  } catch (error) {
    context.ports.journal.write("error", "an action failed", { action: name, cluster, error });
    return refuse(failureCode(error), describeFailure(error));
  }
}

/** What the event asks for, if it says so at all. */
export function actionOf(event: unknown): unknown {
  return typeof event === "object" && event !== null && "action" in event ? event.action : undefined;
}

function unknownAction(name: unknown): Reply {
  const valid = Object.keys(ACTIONS);
  const given = name === undefined ? {} : { value: name };
  const rule = name === undefined ? "an action is required" : "no such action";
  return refuseFaults([{ code: "UNKNOWN_ACTION", field: "action", ...given, rule, valid }]);
}

/** The cluster that is meant, and all faults together. */
function checkRequest(
  action: Action<never>,
  event: unknown,
  { environment, ports }: ActionContext,
): { readonly cluster: string; readonly faults: readonly Fault[] } {
  const schema = z.strictObject({ action: z.string(), cluster: z.optional(z.string()), ...action.fields });
  const fields = event as Readonly<Record<string, unknown>>;
  const faults = [...faultsOf(schema, event), ...(action.faults?.(fields, ports.clock.now()) ?? [])];
  const clusters = Object.keys(environment.settings.clusters);
  const { cluster } = fields;
  const only = clusters.length === 1 ? clusters[0] : undefined;
  const isMissing = cluster === undefined && only === undefined && action.about === "cluster";
  const isUnknown = typeof cluster === "string" && !clusters.includes(cluster);
  if (isMissing || isUnknown) {
    const given = isUnknown ? { value: cluster } : {};
    const rule = isUnknown ? "no such cluster" : "required where several clusters are deployed";
    faults.push({ code: "UNKNOWN_CLUSTER", field: "cluster", ...given, rule, valid: clusters });
  }
  return { cluster: typeof cluster === "string" ? cluster : (only ?? ""), faults };
}

function failureCode(error: unknown): string {
  if (error instanceof UnreadableRecordError) return "RECORD_UNREADABLE";
  if (error instanceof StoreUnavailableError) return "STORE_UNAVAILABLE";
  if (error instanceof StoreRefusedError) return "STORE_REFUSED";
  return `FAILED_${errorName(error).toUpperCase()}`;
}

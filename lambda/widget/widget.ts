/**
 * Calls of the dashboard's custom widgets. CloudWatch sends the widget's parameters, which are an operator's action, and
 * `widgetContext` beside them, and shows the text that is answered. Who may look is invoked through `read`, and the
 * buttons call `operate`: the permissions are those of the actions, under whoever looks at the dashboard.
 */
import { describeFailure } from "../adapters/failures.ts";
import type { ClusterRecord } from "../../lib/core/model.ts";
import { operate } from "../actions/operate.ts";
import type { ActionContext } from "../actions/action.ts";
import { renderAnswer, renderRecord } from "./render.ts";

/** CloudWatch's own convention for asking a widget's function what it is. */
const DOCUMENTATION =
  "### Scheduler failover\nShows a cluster's record, with buttons for fail over, pause and resume.\n``` yaml\naction: status\ncluster: NAME\n```";

type WidgetCall = Readonly<Record<string, unknown>> & {
  readonly widgetContext?: { readonly theme?: unknown };
};

export function isWidgetCall(event: unknown): event is WidgetCall {
  if (typeof event !== "object" || event === null) return false;
  return "widgetContext" in event || ("describe" in event && event.describe === true);
}

/** HTML. Never throws, as `operate` does not. */
export async function answerWidget(
  context: ActionContext,
  event: WidgetCall,
  { functionArn, alias }: { readonly functionArn: string; readonly alias: string | undefined },
): Promise<string> {
  const { widgetContext, ...request } = event;
  if (widgetContext === undefined) return DOCUMENTATION;
  const reply = await operate(context, request, alias);
  if (!reply.ok) return renderAnswer(reply.error.sentence, false);
  const { action, cluster = "", sentence } = reply;
  if (action !== "status") return renderAnswer(sentence, true);
  let record: ClusterRecord | undefined;
  try {
    record = await context.ports.store.read(cluster);
  } catch (error) {
    return renderAnswer(describeFailure(error), false);
  }
  if (record === undefined) return renderAnswer(sentence, true);
  return renderRecord(record, {
    now: context.ports.clock.now(),
    operateArn: functionArn.replace(/:[^:]+$/u, ":operate"),
    theme: widgetContext.theme === "dark" ? "dark" : "light",
  });
}

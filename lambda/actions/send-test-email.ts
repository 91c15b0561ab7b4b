import { formatForPeople } from "../../lib/core/instants.ts";
import { describeFailure } from "../adapters/failures.ts";
import type { Action } from "./action.ts";
import { refuse } from "./reply.ts";

/** One mail to the recipients of the alerts: it proves sender, recipients, permission and SES's own limits at once. */
export const sendTestEmail: Action = {
  access: "operate",
  about: "deployment",
  fields: {},
  async run({ ports, environment, requestId }) {
    const { from, to, subjectPrefix } = environment.settings.alerts;
    const text = [
      `This is a test mail of ${environment.functionName} in ${environment.region}.`,
      "Alerts about its clusters will come from here, to you.",
      "",
      `Sent:      ${formatForPeople(ports.clock.now())}, request ${requestId}`,
      `Clusters:  ${Object.keys(environment.settings.clusters).join(", ")}`,
      `Dashboard: ${environment.dashboardUrl}`,
      "",
    ].join("\n");
    try {
      await ports.alerts.send({ subject: `${subjectPrefix} test mail`, text });
    } catch (error) {
      return refuse("MAIL_REFUSED", `No mail was sent: ${describeFailure(error)}`);
    }
    const sentence = `SES took a test mail from ${from} to ${to.join(", ")}.`;
    return { ok: true, action: "send_test_email", code: "MAIL_SENT", sentence, data: { from, to } };
  },
};

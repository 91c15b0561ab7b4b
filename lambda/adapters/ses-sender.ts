/** Mails by SES. At least once: a second delivery after a lost reply is the price of never losing a mail. */
import { SendEmailCommand, type SendEmailCommandInput, type SESClient } from "@aws-sdk/client-ses";
import type { AlertSender, Mail } from "../../lib/core/ports.ts";
import type { AlertSettings } from "../../lib/core/settings.ts";
import { withinCallTime } from "./calls.ts";
import { AwsCallError, describeFailure } from "./failures.ts";

export class SesAlertSender implements AlertSender {
  readonly #client: SESClient;
  readonly #settings: AlertSettings;

  constructor(client: SESClient, settings: AlertSettings) {
    this.#client = client;
    this.#settings = settings;
  }

  /** @throws AwsCallError that says which mail SES did not take, and why. */
  async send(mail: Mail): Promise<void> {
    try {
      await this.#client.send(new SendEmailCommand(emailFor(mail, this.#settings)), withinCallTime());
    } catch (error) {
      throw new AwsCallError(`SES did not take "${mail.subject}": ${describeFailure(error)}`, {
        cause: error,
      });
    }
  }
}

export function emailFor({ subject, text }: Mail, { from, to }: AlertSettings): SendEmailCommandInput {
  return {
    Source: from,
    Destination: { ToAddresses: [...to] },
    Message: {
      Subject: { Data: subject, Charset: "UTF-8" },
      Body: { Text: { Data: text, Charset: "UTF-8" } },
    },
  };
}

import { SESClient } from "@aws-sdk/client-ses";
import { afterEach, beforeEach, expect, it } from "vitest";
import { CLIENT_SETTINGS } from "../../../lambda/adapters/calls.ts";
import { AwsCallError } from "../../../lambda/adapters/failures.ts";
import { SesAlertSender } from "../../../lambda/adapters/ses-sender.ts";
import type { AlertSettings } from "../../../lib/core/settings.ts";
import { Mailbox } from "../../../lib/sandbox/emulators/ses.ts";
import { startAws, type FakeAws } from "../support/aws.ts";

const ALERTS: AlertSettings = {
  from: "failover@example.com",
  to: ["ops@example.com", "oncall@example.com"],
  subjectPrefix: "[x]",
  retriesBeforeAlert: 5,
  reminderHours: 4,
  subscribe: true,
  eventBus: "default",
};

let mailbox: Mailbox;
let aws: FakeAws;
let client: SESClient;

beforeEach(async () => {
  mailbox = new Mailbox(["example.com"], "eu-west-1", () => undefined);
  aws = await startAws(mailbox.service);
  client = new SESClient({ ...CLIENT_SETTINGS, ...aws.client });
});

afterEach(async () => {
  client.destroy();
  await aws.close();
});

it("sends one mail from the sender to all recipients, text as it is", async () => {
  await new SesAlertSender(client, ALERTS).send({ subject: "[x] etl: PROBLEM", text: "What: <a> & „b“\n" });
  expect(mailbox.letters).toHaveLength(1);
  expect(mailbox.letters[0]).toMatchObject({
    from: "failover@example.com",
    to: ["ops@example.com", "oncall@example.com"],
    subject: "[x] etl: PROBLEM",
    text: "What: <a> & „b“\n",
  });
});

it("says which mail SES did not take, and why", async () => {
  const sender = new SesAlertSender(client, { ...ALERTS, from: "failover@elsewhere.test" });
  const sending = sender.send({ subject: "[x] etl: PROBLEM", text: "text" });
  await expect(sending).rejects.toThrow(AwsCallError);
  await expect(sending).rejects.toThrow(/^SES did not take "\[x\] etl: PROBLEM": MessageRejected: /);
});

/** SES: what is sent lands in a mailbox. */
import { randomUUID } from "node:crypto";
import { AwsError } from "../gateway/aws-error.ts";
import { awsQuery } from "../gateway/protocols.ts";
import { type XmlValue } from "../gateway/xml.ts";
import { isRecord, textOf } from "../values.ts";
import type { Call, Service } from "../gateway/service.ts";

export interface Letter {
  readonly id: string;
  /** Unix milliseconds. */
  readonly at: number;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
}

const MOST_RECIPIENTS = 50;
/** Of an account that is out of SES's sandbox: whoever is written to need not be verified here. */
const DAILY_QUOTA = 50_000;
const MAILS_A_SECOND = 14;
const DAY_MILLISECONDS = 86_400_000;

export class Mailbox {
  readonly letters: Letter[] = [];
  readonly service: Service;
  readonly #identities: readonly string[];
  readonly #region: string;
  readonly #onLetter: (letter: Letter) => void;

  /** `identities`: addresses and domains that may send; any may where the list is empty. */
  constructor(identities: readonly string[], region: string, onLetter: (letter: Letter) => void) {
    this.#identities = identities;
    this.#region = region;
    this.#onLetter = onLetter;
    this.service = {
      name: "ses",
      protocol: awsQuery("http://ses.amazonaws.com/doc/2010-12-01/"),
      operations: {
        SendEmail: (call) => this.#send(call),
        GetSendQuota: () => ({
          Max24HourSend: DAILY_QUOTA,
          MaxSendRate: MAILS_A_SECOND,
          SentLast24Hours: this.letters.filter(({ at }) => at > Date.now() - DAY_MILLISECONDS).length,
        }),
        GetIdentityVerificationAttributes: ({ params }) => ({
          VerificationAttributes: new Map(
            texts(params["Identities"])
              .filter((name) => this.#maySend(name.toLowerCase()))
              .map((name) => [name, { VerificationStatus: "Success" }] as const),
          ),
        }),
      },
    };
  }

  #send({ params }: Call): XmlValue {
    const destination = record(params["Destination"]);
    const to = ["ToAddresses", "CcAddresses", "BccAddresses"].flatMap((kind) => texts(destination[kind]));
    const message = record(params["Message"]);
    const body = record(message["Body"]);
    const from = textOf(params["Source"]);
    this.#check(from, to);
    const html = record(body["Html"])["Data"];
    const letter: Letter = {
      id: `${randomUUID()}-000000`,
      at: Date.now(),
      from,
      to,
      subject: textOf(record(message["Subject"])["Data"]),
      text: textOf(record(body["Text"])["Data"]),
      ...(html === undefined ? {} : { html: textOf(html) }),
    };
    this.letters.push(letter);
    this.#onLetter(letter);
    return { MessageId: letter.id };
  }

  /** `identity`: an address or a domain, in lower case. */
  #maySend(identity: string): boolean {
    const verified = this.#identities.map((one) => one.toLowerCase());
    return verified.length === 0 || verified.includes(identity);
  }

  #check(from: string, to: readonly string[]): void {
    if (to.length === 0) throw new AwsError("InvalidParameterValue", "Missing final '@domain'");
    if (to.length > MOST_RECIPIENTS)
      throw new AwsError("InvalidParameterValue", "Recipient count exceeds 50.");
    for (const address of [from, ...to]) {
      if (!/^[^@\s]+@[^@\s]+$/u.test(bare(address))) {
        throw new AwsError("InvalidParameterValue", `Illegal address: ${address}`);
      }
    }
    const sender = bare(from).toLowerCase();
    const domain = sender.slice(sender.indexOf("@") + 1);
    if (!this.#maySend(sender) && !this.#maySend(domain)) {
      throw new AwsError(
        "MessageRejected",
        `Email address is not verified. The following identities failed the check in region ${this.#region.toUpperCase()}: ${from}`,
      );
    }
  }
}

/** The address in `Name <address>`. */
function bare(address: string): string {
  return /<([^>]+)>\s*$/u.exec(address)?.[1] ?? address.trim();
}

function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

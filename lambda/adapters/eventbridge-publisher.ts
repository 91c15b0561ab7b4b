/** Events by EventBridge. At least once: after a lost reply an event is published a second time. */
import {
  PutEventsCommand,
  type EventBridgeClient,
  type PutEventsResultEntry,
} from "@aws-sdk/client-eventbridge";
import { eventOf } from "../../lib/core/events.ts";
import type { EventNews, EventPublisher } from "../../lib/core/ports.ts";
import { withinCallTime } from "./calls.ts";
import { AwsCallError, describeFailure } from "./failures.ts";

export class EventBridgePublisher implements EventPublisher {
  readonly #client: EventBridgeClient;
  readonly #bus: string;

  constructor(client: EventBridgeClient, bus: string) {
    this.#client = client;
    this.#bus = bus;
  }

  /** @throws AwsCallError that says on which bus, and why. */
  async publish(cluster: string, entries: readonly EventNews[]): Promise<readonly (string | undefined)[]> {
    const command = new PutEventsCommand({
      Entries: entries.map((news) => {
        const { source, detailType, detail } = eventOf(cluster, news);
        return {
          EventBusName: this.#bus,
          Source: source,
          DetailType: detailType,
          Detail: JSON.stringify(detail),
          Time: new Date(news.entry.at),
        };
      }),
    });
    try {
      const { Entries = [] } = await this.#client.send(command, withinCallTime());
      return entries.map((_, n) => faultOf(Entries[n]));
    } catch (error) {
      throw new AwsCallError(`the event bus ${this.#bus} took no event: ${describeFailure(error)}`, {
        cause: error,
      });
    }
  }
}

/** An entry that the reply does not have was not taken, for all that is known. */
function faultOf(entry: PutEventsResultEntry | undefined): string | undefined {
  if (entry?.EventId !== undefined) return undefined;
  return `${entry?.ErrorCode ?? "NoAnswer"}: ${entry?.ErrorMessage ?? "the reply does not have it"}`;
}

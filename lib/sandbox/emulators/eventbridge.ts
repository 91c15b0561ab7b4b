/** EventBridge's PutEvents: what is put is kept, and goes to the targets of the template's rules that it matches. */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { AwsError, NotImplemented } from "../gateway/aws-error.ts";
import { awsJson } from "../gateway/protocols.ts";
import type { Call, Service } from "../gateway/service.ts";
import { type BusEvent, type EventBus } from "../event-bus.ts";
import type { Place } from "../template/place.ts";
import { isRecord } from "../values.ts";
import { validated } from "./validated.ts";

const MOST_ENTRIES = 10;
/** Of all entries together. */
const MOST_BYTES = 262_144;

const Entry = z.looseObject({
  EventBusName: z.string().optional(),
  Source: z.string().optional(),
  DetailType: z.string().optional(),
  Detail: z.string().optional(),
  Resources: z.array(z.string()).optional(),
  Time: z.number().optional(),
});
const Input = z.looseObject({ Entries: z.array(Entry).min(1).max(MOST_ENTRIES) });

export function eventBridgeService(place: Place, bus: EventBus): Service {
  return {
    name: "events",
    protocol: awsJson("1.1"),
    operations: { PutEvents: (call) => putEvents(place, bus, call) },
  };
}

function putEvents(place: Place, bus: EventBus, { params }: Call): object {
  const { Entries: entries } = validated(Input, params);
  for (const { EventBusName: name = "default" } of entries) {
    if (!/(^|\/)default$/u.test(name)) throw new NotImplemented(`the event bus ${name}`, ["default"]);
  }
  if (Buffer.byteLength(JSON.stringify(entries)) > MOST_BYTES) {
    throw new AwsError("ValidationException", "Total size of the entries in the request is over the limit.");
  }
  const results = entries.map((entry) => {
    const fault = faultOf(entry);
    if (fault) return fault;
    const event = eventOf(place, entry);
    bus.put(event);
    return { EventId: event.id };
  });
  return { FailedEntryCount: results.filter((one) => !("EventId" in one)).length, Entries: results };
}

type PutEntry = z.infer<typeof Entry>;

/** An entry that is not taken does not keep the others back. */
function faultOf({ Source: source, DetailType: type, Detail: detail }: PutEntry) {
  const fault = (ErrorCode: string, ErrorMessage: string) => ({ ErrorCode, ErrorMessage });
  for (const [name, value] of Object.entries({ Source: source, DetailType: type, Detail: detail })) {
    if ((value ?? "") === "") return fault("InvalidArgument", `Parameter ${name} is not valid.`);
  }
  if (source?.startsWith("aws.") === true)
    return fault("NotAuthorizedForSource", "Not authorized for the source.");
  return parsed(detail) === undefined ? fault("MalformedDetail", "Detail is malformed.") : undefined;
}

function eventOf(place: Place, entry: PutEntry): BusEvent {
  const at = entry.Time === undefined ? new Date() : new Date(entry.Time * 1000);
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": entry.DetailType ?? "",
    source: entry.Source ?? "",
    account: place.account,
    time: at.toISOString().replace(/\.\d+Z$/u, "Z"),
    region: place.region,
    resources: entry.Resources ?? [],
    detail: parsed(entry.Detail) ?? {},
  };
}

function parsed(detail: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(detail ?? "");
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

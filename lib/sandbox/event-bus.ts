/** EventBridge as far as the template's rules need it: patterns, input transformers, targets. */
import { randomUUID } from "node:crypto";
import { isRecord } from "./values.ts";
import type { RuleModel, RuleTarget } from "./template/deployment.ts";
import type { Place } from "./template/place.ts";

export interface BusEvent {
  readonly version: "0";
  readonly id: string;
  readonly "detail-type": string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What EC2 says when an instance has come into a state. */
export function instanceStateEvent(place: Place, instanceId: string, state: string): BusEvent {
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": "EC2 Instance State-change Notification",
    source: "aws.ec2",
    account: place.account,
    time: new Date().toISOString().replace(/\.\d+Z$/u, "Z"),
    region: place.region,
    resources: [`arn:aws:ec2:${place.region}:${place.account}:instance/${instanceId}`],
    detail: { "instance-id": instanceId, state },
  };
}

export class EventBus {
  /** All that was put, the newest last. */
  readonly events: BusEvent[] = [];
  readonly #rules: readonly RuleModel[];
  readonly #deliver: (arn: string, input: string) => void;
  readonly #onEvent: (event: BusEvent) => void;

  constructor(
    rules: readonly RuleModel[],
    deliver: (arn: string, input: string) => void,
    onEvent: (event: BusEvent) => void = () => undefined,
  ) {
    this.#rules = rules;
    this.#deliver = deliver;
    this.#onEvent = onEvent;
  }

  /** Gives the event to the targets of every rule that it matches. */
  put(event: BusEvent): void {
    this.events.push(event);
    this.#onEvent(event);
    for (const rule of this.#rules) {
      if (!rule.enabled || rule.pattern === undefined || !matches(rule.pattern, event)) continue;
      for (const target of rule.targets) this.#deliver(target.arn, inputOf(target, event));
    }
  }
}

/** Whether an event pattern matches; a kind of matcher that the sandbox lacks is refused by name. */
export function matches(pattern: unknown, value: unknown): boolean {
  if (Array.isArray(pattern)) {
    const values = Array.isArray(value) ? value : [value];
    return pattern.some((matcher) => values.some((one) => matchesOne(matcher, one)));
  }
  if (!isRecord(pattern))
    throw new Error(`an event pattern holds ${JSON.stringify(pattern)}, which is no list`);
  return Object.entries(pattern).every(([key, part]) =>
    matches(part, isRecord(value) ? value[key] : undefined),
  );
}

function matchesOne(matcher: unknown, value: unknown): boolean {
  if (!isRecord(matcher)) return matcher === value;
  const [kind, argument] = Object.entries(matcher)[0] ?? ["", undefined];
  switch (kind) {
    case "prefix":
      return typeof value === "string" && value.startsWith(String(argument));
    case "suffix":
      return typeof value === "string" && value.endsWith(String(argument));
    case "exists":
      return (value !== undefined) === argument;
    case "anything-but":
      return value !== undefined && !(Array.isArray(argument) ? argument : [argument]).includes(value);
    default:
      throw new Error(`the sandbox does not implement the event pattern's matcher "${kind}"`);
  }
}

/** What a target gets: the event, a part of it, a constant, or what its transformer makes of it. */
export function inputOf(target: RuleTarget, event: BusEvent): string {
  if (target.input !== undefined) return target.input;
  if (target.inputPath !== undefined) return JSON.stringify(atPath(event, target.inputPath));
  if (target.transformer === undefined) return JSON.stringify(event);
  const { paths, template } = target.transformer;
  return template.replaceAll(/<([\w.-]+)>/gu, (_found, name: string, offset: number) => {
    const path = paths[name];
    if (path === undefined) throw new Error(`an input template names <${name}>, which its paths do not have`);
    const value = atPath(event, path);
    if (!insideString(template, offset)) return JSON.stringify(value);
    return JSON.stringify(typeof value === "string" ? value : JSON.stringify(value)).slice(1, -1);
  });
}

/** Whether this place of a JSON text is within a string: quotes that are not escaped are odd in number before it. */
function insideString(text: string, offset: number): boolean {
  return (text.slice(0, offset).match(/(?<!\\)"/gu)?.length ?? 0) % 2 === 1;
}

function atPath(event: BusEvent, path: string): unknown {
  let value: unknown = event;
  for (const key of path
    .replace(/^\$\.?/u, "")
    .split(".")
    .filter((one) => one !== "")) {
    value = isRecord(value) ? value[key] : undefined;
  }
  return value;
}

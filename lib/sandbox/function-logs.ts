/** Reads the functions' log lines: metrics in embedded format, transitions and ticks of the controller, the rest. */
import { isRecord, textOf } from "./values.ts";
import type { EventStream } from "./events.ts";
import type { LogLine } from "./lambda/runtime.ts";

export interface MetricPoint {
  readonly at: number;
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
  readonly unit: string;
}

const KEPT_LINES = 5_000;
const KEPT_POINTS = 5_000;

export class FunctionLogs {
  readonly lines: LogLine[] = [];
  readonly points: MetricPoint[] = [];
  readonly #events: EventStream;

  constructor(events: EventStream) {
    this.#events = events;
  }

  add(line: LogLine): void {
    this.lines.push(line);
    if (this.lines.length > KEPT_LINES) this.lines.shift();
    const parsed = parse(line.text);
    if (parsed === undefined) {
      this.#events.tell("problem", `${line.functionName} printed: ${line.text}`);
      return;
    }
    if (isRecord(parsed["_aws"])) this.#addMetrics(parsed, parsed["_aws"]);
    else this.#tell(parsed);
  }

  /** The newest value of each metric, by `Name{Dimension=value}`. */
  latest(): Record<string, number> {
    return Object.fromEntries(
      this.points.map((point) => [
        `${point.name}{${Object.entries(point.dimensions)
          .map(([name, value]) => `${name}=${value}`)
          .join(",")}}`,
        point.value,
      ]),
    );
  }

  #tell(line: Record<string, unknown>): void {
    const { message, level } = line;
    const text = `${line["cluster"] === undefined ? "" : `${textOf(line["cluster"])}: `}${textOf(line["sentence"] ?? message)}`;
    if (message === "tick") this.#events.tell("tick", text, line);
    else if (message === "transition")
      this.#events.tell("transition", `${text} [${textOf(line["code"])}]`, line);
    else if (level === "WARN" || level === "ERROR")
      this.#events.tell("problem", `${text}${causeOf(line)}`, line);
  }

  #addMetrics(line: Record<string, unknown>, envelope: Record<string, unknown>): void {
    const directives = Array.isArray(envelope["CloudWatchMetrics"]) ? envelope["CloudWatchMetrics"] : [];
    for (const directive of directives.filter(isRecord)) {
      const sets = Array.isArray(directive["Dimensions"]) ? directive["Dimensions"] : [[]];
      for (const metric of list(directive["Metrics"]).filter(isRecord)) {
        for (const names of sets) this.#addPoint(line, envelope, directive, metric, list(names).map(String));
      }
    }
    while (this.points.length > KEPT_POINTS) this.points.shift();
  }

  #addPoint(
    line: Record<string, unknown>,
    envelope: Record<string, unknown>,
    directive: Record<string, unknown>,
    metric: Record<string, unknown>,
    dimensions: readonly string[],
  ): void {
    const name = textOf(metric["Name"]);
    const values = Array.isArray(line[name]) ? line[name] : [line[name]];
    for (const value of values) {
      this.points.push({
        at: Number(envelope["Timestamp"]),
        namespace: textOf(directive["Namespace"]),
        name,
        dimensions: Object.fromEntries(dimensions.map((one) => [one, String(line[one])])),
        value: Number(value),
        unit: textOf(metric["Unit"], "None"),
      });
    }
  }
}

function causeOf(line: Record<string, unknown>): string {
  const { error } = line;
  if (isRecord(error)) return `: ${textOf(error["name"])} ${textOf(error["message"])}`;
  return typeof error === "string" ? `: ${error}` : "";
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

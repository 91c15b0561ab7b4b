/** The console's timeline of a whole run as a file, half an hour a strip: drawn by the console's own code, without a browser. */
import { readFileSync } from "node:fs";
import type { SandboxEvent } from "../../lib/sandbox/events.ts";
import type { Lane, Span } from "../../lib/sandbox/console/timeline.ts";

const PAGE = new URL("../../lib/sandbox/console/page/", import.meta.url);
const WIDTH = 1400;

export interface Story {
  readonly lanes: readonly Lane[];
  readonly events: readonly SandboxEvent[];
  readonly nodes: readonly { readonly id: string; readonly name: string }[];
}

interface TimelinePage {
  readonly draw: (story: Story, now: number, length: number, width: number) => Element;
}

/** What the console's code asks of an element, and what it is as text. */
class Element {
  readonly #tag: string;
  readonly #attributes = new Map<string, string>();
  readonly #children: (Element | string)[] = [];

  constructor(tag: string) {
    this.#tag = tag;
  }

  attribute(name: string): string {
    return this.#attributes.get(name) ?? "";
  }

  setAttribute(name: string, value: string): void {
    this.#attributes.set(name, value);
  }

  append(...children: readonly (Element | string)[]): void {
    this.#children.push(...children);
  }

  text(): string {
    const attributes = [...this.#attributes].map(([name, value]) => ` ${name}="${escaped(value)}"`);
    const children = this.#children.map((one) => (typeof one === "string" ? escaped(one) : one.text()));
    return `<${this.#tag}${attributes.join("")}>${children.join("")}</${this.#tag}>`;
  }
}

/** As much as the console shows at once. */
const STRIP_MILLISECONDS = 30 * 60_000;
const GAP = 14;

/** From `from` until `to`, Unix milliseconds. */
export async function drawPicture(story: Story, from: number, to: number): Promise<string> {
  Object.assign(globalThis, {
    document: { createElementNS: (_: string, tag: string) => new Element(tag) },
  });
  const { draw } = (await import(new URL("timeline.mjs", PAGE).href)) as TimelinePage;
  // The name by which the page's styles know it.
  const picture = new Element("svg");
  picture.setAttribute("id", "timeline");
  picture.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const style = new Element("style");
  style.append(
    `${readFileSync(new URL("console.css", PAGE), "utf8")}\nsvg { background: var(--card); font: 12.5px system-ui, sans-serif; }\n`,
  );
  picture.append(style);
  let height = 0;
  for (const strip of stripsOf(from, to)) {
    const drawn = draw(until(story, strip.to), strip.to, strip.to - strip.from, WIDTH);
    drawn.setAttribute("y", String(height));
    height += Number(drawn.attribute("height")) + GAP;
    picture.append(drawn);
  }
  picture.setAttribute("width", String(WIDTH));
  picture.setAttribute("height", String(height - GAP));
  return `${picture.text()}\n`;
}

/** All of the same length. */
function stripsOf(from: number, to: number): readonly { readonly from: number; readonly to: number }[] {
  const count = Math.max(1, Math.ceil((to - from) / STRIP_MILLISECONDS));
  const at = (index: number): number => Math.round(from + ((to - from) * index) / count);
  return Array.from({ length: count }, (_, index) => ({ from: at(index), to: at(index + 1) }));
}

/** What was known of it then. */
function until({ lanes, events, nodes }: Story, end: number): Story {
  const cut = <One extends Span>(spans: readonly One[]): readonly One[] =>
    spans.filter(({ from }) => from < end).map((span) => ({ ...span, to: Math.min(span.to, end) }));
  return {
    lanes: lanes.map(({ node, runs, conditions }) => ({
      node,
      runs: cut(runs),
      conditions: cut(conditions),
    })),
    events: events.filter(({ at }) => at <= end),
    nodes,
  };
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

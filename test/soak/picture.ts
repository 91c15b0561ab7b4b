/** The console's timeline of a whole run as a file: drawn by the console's own code, without a browser. */
import { readFileSync } from "node:fs";
import type { SandboxEvent } from "../../lib/sandbox/events.ts";
import type { Lane } from "../../lib/sandbox/console/timeline.ts";

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

  setAttribute(name: string, value: string): void {
    this.#attributes.set(name, value);
  }

  append(...children: readonly (Element | string)[]): void {
    this.#children.push(...children);
  }

  prepend(child: Element): void {
    this.#children.unshift(child);
  }

  text(): string {
    const attributes = [...this.#attributes].map(([name, value]) => ` ${name}="${escaped(value)}"`);
    const children = this.#children.map((one) => (typeof one === "string" ? escaped(one) : one.text()));
    return `<${this.#tag}${attributes.join("")}>${children.join("")}</${this.#tag}>`;
  }
}

/** Of what is longer ago the sandbox keeps no looks. */
const LONGEST_MILLISECONDS = 30 * 60_000;

/** From `from`, or half an hour back where that is later, until `now`, Unix milliseconds. */
export async function drawPicture(story: Story, from: number, now: number): Promise<string> {
  Object.assign(globalThis, {
    document: { createElementNS: (_: string, tag: string) => new Element(tag) },
  });
  const { draw } = (await import(new URL("timeline.mjs", PAGE).href)) as TimelinePage;
  const picture = draw(story, now, Math.min(now - from, LONGEST_MILLISECONDS), WIDTH);
  picture.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  // The name by which the page's styles know it.
  picture.setAttribute("id", "timeline");
  const style = new Element("style");
  style.append(
    `${readFileSync(new URL("console.css", PAGE), "utf8")}\nsvg { background: var(--card); font: 12.5px system-ui, sans-serif; }\n`,
  );
  picture.prepend(style);
  return `${picture.text()}\n`;
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

import { isRecord } from "../values.ts";

/** Values that an AWS XML answer is made of. An undefined member is left out. */
export type XmlValue =
  | string
  | number
  | boolean
  | Date
  | undefined
  | readonly XmlValue[]
  | ReadonlyMap<string, XmlValue>
  | { readonly [name: string]: XmlValue };

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

export function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"']/gu, (character) => ESCAPES[character] ?? character);
}

/** Renders the members of an object; a list's entries are named `entry` (`member` in query, `item` in EC2). */
export function renderXml(value: XmlValue, entry: "member" | "item"): string {
  if (value === undefined) return "";
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Map) return [...value].map((pair) => renderEntry(pair, entry)).join("");
  if (isList(value)) return value.map((one) => `<${entry}>${renderXml(one, entry)}</${entry}>`).join("");
  if (typeof value !== "object") return escapeXml(String(value));
  return Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => `<${name}>${renderXml(member, entry)}</${name}>`)
    .join("");
}

/** As the query protocol writes a map. */
function renderEntry([key, value]: readonly [string, XmlValue], entry: "member" | "item"): string {
  return `<entry><key>${escapeXml(key)}</key><value>${renderXml(value, entry)}</value></entry>`;
}

function isList(value: XmlValue): value is readonly XmlValue[] {
  return Array.isArray(value);
}

/**
 * The parameters of a query request as a tree: `Destination.ToAddresses.member.1=a` and `Filter.1.Value.2=b`
 * become lists. Numbers index lists from 1; `member` is notation, no name.
 */
export function readQuery(form: URLSearchParams): Record<string, unknown> {
  const root: Tree = new Map();
  for (const [name, value] of form) {
    if (name === "Action" || name === "Version") continue;
    place(
      root,
      name.split(".").filter((part) => part !== "member"),
      value,
    );
  }
  const tree = toPlain(root);
  return isRecord(tree) ? tree : {};
}

type Tree = Map<string, Tree | string>;

function place(tree: Tree, path: readonly string[], value: string): void {
  const [head, ...rest] = path;
  if (head === undefined) return;
  if (rest.length === 0) {
    tree.set(head, value);
    return;
  }
  const found = tree.get(head);
  const branch: Tree = found instanceof Map ? found : new Map();
  tree.set(head, branch);
  place(branch, rest, value);
}

function toPlain(node: Tree | string): unknown {
  if (typeof node === "string") return node;
  const keys = [...node.keys()];
  if (keys.length > 0 && keys.every((key) => /^\d+$/u.test(key))) {
    return [...node]
      .toSorted(([left], [right]) => Number(left) - Number(right))
      .map(([, child]) => toPlain(child));
  }
  return Object.fromEntries([...node].map(([key, child]) => [key, toPlain(child)]));
}

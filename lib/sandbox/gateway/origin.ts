/** Who may ask through a browser: the sandbox's own page alone. */
import { Refusal } from "../faults/refusal.ts";
import type { RawRequest } from "./service.ts";

const OWN_NAMES: ReadonlySet<string> = new Set(["127.0.0.1", "localhost"]);

/**
 * A web page elsewhere must not set faults, or call the function, through the browser of whoever looks at it. A browser
 * names the page's origin in every request that it lets a page elsewhere make and that could change something.
 * @throws Refusal
 */
export function refuseOtherOrigins({ headers: { origin, host } }: RawRequest): void {
  if (origin === undefined) return;
  if (origin === `http://${host ?? ""}` && isOwnName(host)) return;
  throw new Refusal(`requests from ${origin} are not answered`, "origin");
}

/**
 * A name elsewhere that leads to this machine makes the browser take that page for ours.
 * @throws Refusal
 */
export function refuseOtherNames({ headers: { host } }: RawRequest): void {
  if (isOwnName(host)) return;
  throw new Refusal(`the sandbox is not called ${host ?? "nothing"}`, "host", [...OWN_NAMES]);
}

function isOwnName(host: string | undefined): boolean {
  return OWN_NAMES.has((host ?? "").replace(/:\d+$/u, ""));
}

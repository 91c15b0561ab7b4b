/** A real browser for the console: Chromium as the machine has it, driven by playwright-core. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PLACES = [
  process.env["CHROMIUM"] ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

export const INSTALL = "apt-get install chromium, or CHROMIUM=/path/to/it";

/** Where Chromium is; undefined: nowhere. */
export function findChromium(): string | undefined {
  return PLACES.find((path) => path !== "" && existsSync(path));
}

/** As root Chromium runs without its own sandbox only; the one page that it opens is ours. */
export async function openBrowser(executablePath: string): Promise<Browser> {
  return await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

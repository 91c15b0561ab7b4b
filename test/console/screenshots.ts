/**
 * Makes the pictures of the README from a sandbox in which something happens: `npm run screenshots`.
 * Exit status 2: there is no Chromium.
 */
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { SandboxEvent } from "../../lib/sandbox/events.ts";
import { type Sandbox, startSandbox } from "../../lib/sandbox/sandbox.ts";
import type { SandboxState } from "../../lib/sandbox/state.ts";
import { findChromium, INSTALL, openBrowser } from "./browser.ts";

const FOLDER = fileURLToPath(new URL("../../docs/images/", import.meta.url));
/** Apart from those of other suites. */
const PORT = 4791;

interface Picture {
  readonly file: string;
  readonly colorScheme: "light" | "dark";
  readonly viewport: { readonly width: number; readonly height: number };
}

const PICTURES: readonly Picture[] = [
  { file: "console.png", colorScheme: "light", viewport: { width: 1240, height: 980 } },
  { file: "console-dark.png", colorScheme: "dark", viewport: { width: 1240, height: 980 } },
];

const chromium = findChromium();
if (chromium === undefined) {
  console.error(`no picture was made: Chromium is missing: ${INSTALL}`);
  process.exitCode = 2;
} else {
  mkdirSync(FOLDER, { recursive: true });
  const sandbox = await startSandbox({ port: PORT, settings: { beatSeconds: 5 } });
  try {
    await happen(sandbox);
    await take(chromium, sandbox.endpoint);
  } finally {
    await sandbox.stop();
  }
}

/** Some of each kind: a kill, a hang, a lost node, a move by hand. */
async function happen(sandbox: Sandbox): Promise<void> {
  await settled(sandbox);
  const replaced = async (what: string, happens: () => Promise<unknown>): Promise<void> => {
    console.log(what);
    const before = schedulers(sandbox.state());
    await happens();
    const isAnother = (state: SandboxState): boolean => {
      const [only, ...more] = schedulers(state);
      return only !== undefined && more.length === 0 && !before.includes(only);
    };
    await sandbox.waitUntil(what, isAnother, 60);
    await settled(sandbox);
  };
  await replaced("killed", () => sandbox.fault("kill"));
  await replaced("hung", () => sandbox.fault("hang"));
  await replaced("crashed", () => sandbox.fault("crash"));
  await sandbox.fault("clear");
  const bothThere = ({ nodes }: SandboxState): boolean => nodes.every(({ agent }) => agent === "reachable");
  await sandbox.waitUntil("both nodes", bothThere, 30);
  await settled(sandbox);
  const wish = { action: "switchover", by: "operator", reason: "kernel update" };
  await replaced("moved by hand", () => sandbox.invoke(wish));
}

function schedulers({ nodes }: SandboxState): readonly number[] {
  return nodes.flatMap((node) => node.schedulers.map(({ pid }) => pid));
}

/** The controller says that it runs. */
async function settled(sandbox: Sandbox): Promise<void> {
  const since = Date.now();
  const isSteady = ({ kind, at, data }: SandboxEvent): boolean =>
    kind === "tick" && at > since && String(data?.["code"]).startsWith("STEADY");
  await sandbox.waitUntil("a settled scheduler", () => sandbox.events.recent.some(isSteady), 120);
}

async function take(executablePath: string, endpoint: string): Promise<void> {
  const browser = await openBrowser(executablePath);
  for (const { file, ...options } of PICTURES) {
    const page = await (await browser.newContext({ ...options, reducedMotion: "reduce" })).newPage();
    await page.goto(endpoint);
    await page.waitForSelector("body[data-ready]");
    await page.locator(".node[data-state=runs] .grant", { hasText: "left" }).waitFor();
    await page.locator("[data-action=pause]").waitFor();
    await page.screenshot({ path: `${FOLDER}${file}` });
    console.log(`docs/images/${file}`);
  }
  await browser.close();
}

/**
 * Makes the pictures of the README from a sandbox in which something happens: `npm run screenshots`.
 * Exit status 2: there is no Chromium.
 */
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Sandbox, startSandbox } from "../../lib/sandbox/sandbox.ts";
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
  const settled = async (what: string): Promise<void> => {
    console.log(what);
    const since = Date.now();
    const steady = ({ kind, at, data }: (typeof sandbox.events.recent)[number]) =>
      kind === "tick" && at > since && String(data?.["code"]).startsWith("STEADY");
    await sandbox.waitUntil(what, () => sandbox.events.recent.some(steady), 120);
  };
  await settled("a scheduler runs and has settled");
  await sandbox.fault("kill");
  await settled("killed, and back");
  await sandbox.fault("hang");
  await settled("hung, and replaced");
  await sandbox.fault("crash");
  await settled("its node crashed, and it runs elsewhere");
  await sandbox.fault("clear");
  await sandbox.waitUntil(
    "the node is back",
    ({ nodes }) => nodes.every(({ agent }) => agent === "reachable"),
    30,
  );
  await settled("both nodes are there");
  await sandbox.invoke({ action: "switchover", by: "operator", reason: "kernel update" });
  await settled("moved by hand");
}

async function take(executablePath: string, endpoint: string): Promise<void> {
  const browser = await openBrowser(executablePath);
  for (const { file, ...options } of PICTURES) {
    const page = await (await browser.newContext(options)).newPage();
    await page.goto(endpoint);
    await page.waitForSelector("body[data-ready]");
    await page.locator(".node[data-state=runs] .grant", { hasText: "left" }).waitFor();
    await page.locator("[data-action=pause]").waitFor();
    await page.screenshot({ path: `${FOLDER}${file}` });
    console.log(`docs/images/${file}`);
  }
  await browser.close();
}

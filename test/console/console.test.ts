/** The console in a real browser, on a sandbox of its own. */
import { type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FAULTS } from "../../lib/sandbox/faults/catalogue.ts";
import { type Sandbox, startSandbox } from "../../lib/sandbox/sandbox.ts";
import { findChromium, openBrowser } from "./browser.ts";

/** Apart from those of other suites. */
const PORT = 4781;
const PATIENCE = { timeout: 30_000 };

let sandbox: Sandbox;
let browser: Browser;
let page: Page;
/** What the page complained of, and what it fetched from elsewhere. */
const complaints: string[] = [];

beforeAll(async () => {
  browser = await openBrowser(findChromium() ?? "");
  sandbox = await startSandbox({ port: PORT });
  await sandbox.waitUntil("one scheduler", ({ ledger }) => ledger.tasks > 0, 90);
  page = await openPage();
}, 150_000);
afterAll(async () => {
  await browser?.close();
  await sandbox?.stop();
}, 30_000);

async function openPage(options: BrowserContextOptions = {}): Promise<Page> {
  const opened = await (await browser.newContext(options)).newPage();
  opened.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  opened.on("pageerror", (error) => complaints.push(error.message));
  opened.on("request", (request) => {
    if (!request.url().startsWith(`${sandbox.endpoint}/`)) complaints.push(`asks ${request.url()}`);
  });
  await opened.goto(sandbox.endpoint);
  await opened.waitForSelector("body[data-ready]", PATIENCE);
  return opened;
}

describe("the console", () => {
  it("says in words that one scheduler runs, and where", async () => {
    const [node] = sandbox.state().nodes.filter(({ schedulers }) => schedulers.length > 0);
    const verdict = page.locator(".verdict[data-state=one] .verdict-title");
    await verdict.waitFor(PATIENCE);
    expect(await verdict.textContent()).toBe(`One scheduler runs, on ${node?.name}`);
    await page.locator(`[data-node="${node?.id}"][data-state=runs]`).waitFor(PATIENCE);
    await page.locator(`[data-node="${node?.id}"] .grant`, { hasText: "left" }).waitFor(PATIENCE);
  });

  it("shows the record as the function's own status says it", async () => {
    const record = page.locator(".records .card");
    await record.locator("dd", { hasText: /^(verifying|steady|starting), since/u }).waitFor(PATIENCE);
    expect(await record.textContent()).toContain("token");
  });

  it("shows the event bus, each event in words and as a rule of EventBridge gets it", async () => {
    const started = page.locator("#bus details", { hasText: /STARTED/u }).first();
    await started.waitFor(PATIENCE);
    await started.locator("summary").click();
    const event: unknown = JSON.parse((await started.locator("pre").textContent()) ?? "");
    expect(sandbox.state().bus).toContainEqual(event);
    const { sentence } = (event as { readonly detail: { readonly sentence: string } }).detail;
    expect(await started.locator("p").textContent()).toBe(sentence);
  });

  it("has a button for every fault of the catalogue", async () => {
    await page.locator("[data-fault=clear]").waitFor(PATIENCE);
    const offered: string[] = await page
      .locator("[data-fault]")
      .evaluateAll((buttons) => buttons.map((one) => String(one.getAttribute("data-fault"))));
    expect([...new Set(offered)].toSorted()).toEqual(Object.keys(FAULTS).toSorted());
  });

  it("sets a fault that stands, shows it as set, and ends it", async () => {
    const button = page.locator("[data-fault=ses-down]");
    await button.focus();
    await page.keyboard.press("Enter");
    await page.locator("[data-fault=ses-down][aria-pressed=true]").waitFor(PATIENCE);
    expect(await page.locator("#standing").textContent()).toContain("ses-down");
    await page.locator("[data-fault=clear]").click();
    await page.locator("[data-fault=ses-down][aria-pressed=false]").waitFor(PATIENCE);
  });

  it("kills the scheduler, and draws that it is gone and that another one runs", async () => {
    const runs = page.locator("#timeline rect.run");
    const before = await runs.count();
    await page.locator(".node[data-state=runs] [data-fault=kill]").click();
    await page.locator("#fault-answer[data-ok=true]", { hasText: "kill on" }).waitFor(PATIENCE);
    await expect.poll(() => runs.count(), { timeout: 40_000 }).toBe(before + 1);
    await page.locator("#timeline .mark.fault", { hasText: "kill" }).first().waitFor(PATIENCE);
    await page.locator("#timeline .mark.transition", { hasText: "RE" }).first().waitFor(PATIENCE);
    await page.locator("#events [data-kind=fault]", { hasText: "kill on" }).waitFor(PATIENCE);
    expect(await page.locator(".figures").textContent()).toContain("two schedulers");
  });

  it("hands an operator's wish to the function, and shows it on the record", async () => {
    const pause = page.locator("[data-action=pause]");
    await pause.waitFor(PATIENCE);
    await pause.click();
    await page.locator("#operate-answer[data-ok=true]").waitFor(PATIENCE);
    await page.locator(".records dd", { hasText: "paused by console" }).waitFor(PATIENCE);
    const asked = sandbox
      .recordedCalls()
      .filter(({ caller, operation }) => caller === "operator" && operation === "Invoke");
    expect(asked.length).toBeGreaterThan(0);
    await page.locator("[data-action=resume]").click();
    await page.locator(".records dd", { hasText: "as the settings say" }).waitFor(PATIENCE);
  });

  it("shows the function's refusal as it is", async () => {
    await page.locator("#operate-reason").fill("x".repeat(200));
    const active = sandbox.state().nodes.find(({ schedulers }) => schedulers.length > 0)?.id ?? "";
    await page.locator("#operate-to").selectOption(active);
    await page.locator("[data-action=failover]").click();
    const answer = page.locator("#operate-answer[data-ok=false]");
    await answer.waitFor(PATIENCE);
    expect(await answer.textContent()).toContain(active);
  });

  it.each([
    ["light", 1280],
    ["dark", 1280],
    ["light", 360],
    ["dark", 360],
  ] as const)("is readable in %s at a width of %s", async (colorScheme, width) => {
    const opened = await openPage({ colorScheme, viewport: { width, height: 800 } });
    const [wide, contrast] = await opened.evaluate<[number, number]>(`(() => {
      const luminance = (colour) => {
        const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255);
        const [r, g, b] = parts.map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const worst = [...document.querySelectorAll(".card h2, .card dt, .card dd, .verdict-says, .card button:not(.primary)")].map((element) => {
        const front = luminance(getComputedStyle(element).color);
        const back = luminance(getComputedStyle(element.closest(".card, .verdict")).backgroundColor);
        return (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
      });
      return [document.documentElement.scrollWidth, Math.min(...worst)];
    })()`);
    expect(wide).toBeLessThanOrEqual(width);
    expect(contrast).toBeGreaterThan(4.5);
    await opened.context().close();
  });

  it("is used by the keyboard: every button and field can be reached, and says what it is", async () => {
    const nameless = await page.locator("button:visible, select:visible, input:visible").evaluateAll(
      (all) =>
        all.filter((one) => {
          const labels = "labels" in one ? (one.labels as ArrayLike<unknown> | null) : null;
          const name = one.getAttribute("aria-label") ?? one.textContent?.trim() ?? "";
          return one.getAttribute("tabindex") === "-1" || (name === "" && (labels?.length ?? 0) === 0);
        }).length,
    );
    expect(nameless).toBe(0);
  });

  it("says so when the sandbox is gone, and is silent otherwise", async () => {
    expect(complaints).toEqual([]);
    await sandbox.stop();
    await page.locator("#link[data-state=lost]").waitFor(PATIENCE);
  });
});

/**
 * The synthesized dashboard, as far as a machine can show it: its custom widgets in a real browser, called as CloudWatch
 * calls them; and every other widget has data once there was a failover.
 */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Sandbox, startSandbox } from "../../lib/sandbox/sandbox.ts";
import { readAssembly } from "../../lib/sandbox/template/assembly.ts";
import { SANDBOX_ACCOUNT, SANDBOX_REGION } from "../../lib/sandbox/template/place.ts";
import { Resolver } from "../../lib/sandbox/template/resolver.ts";
import { findChromium, openBrowser } from "./browser.ts";

/** Apart from those of other suites. */
const PORT = 4801;
const PATIENCE = { timeout: 30_000 };

interface Widget {
  readonly type: string;
  readonly properties: {
    readonly title?: string;
    readonly endpoint?: string;
    readonly params?: Readonly<Record<string, unknown>>;
    readonly metrics?: readonly (readonly unknown[])[];
    readonly query?: string;
  };
}

let sandbox: Sandbox;
let browser: Browser;
let widgets: readonly Widget[];

beforeAll(async () => {
  browser = await openBrowser(findChromium() ?? "");
  sandbox = await startSandbox({ port: PORT });
  const steady = () => sandbox.events.recent.some(({ data }) => data?.["code"] === "STEADY");
  await sandbox.waitUntil("a settled scheduler", steady, 120);
  widgets = readWidgets();
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await sandbox?.stop();
}, 30_000);

function readWidgets(): readonly Widget[] {
  const { template, stackName } = readAssembly(sandbox.folder.file("cdk.out"));
  const resolver = new Resolver(template, { account: SANDBOX_ACCOUNT, region: SANDBOX_REGION, stackName });
  const [dashboard] = Object.values(template.Resources).filter(
    ({ Type }) => Type === "AWS::CloudWatch::Dashboard",
  );
  const body = resolver.text(dashboard?.Properties?.["DashboardBody"]);
  return (JSON.parse(body) as { widgets: readonly Widget[] }).widgets;
}

/** As CloudWatch does: the widget's parameters, and where they come from. */
async function call(endpoint: string, params: Readonly<Record<string, unknown>>): Promise<string> {
  const [name = "", alias = ""] = endpoint.split(":").slice(6);
  const event = { ...params, widgetContext: { dashboardName: "it", theme: "light", params } };
  const result = await sandbox.cloud.runtime.invoke(name, alias, JSON.stringify(event));
  expect(result.functionError).toBeUndefined();
  return JSON.parse(result.payload) as string;
}

/** A page that does with the answer what CloudWatch's does: shows it, without scripts, and lets its links act. */
async function show(html: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.exposeFunction("callFunction", (endpoint: string, params: string) =>
    call(endpoint, JSON.parse(params) as Record<string, unknown>),
  );
  await page.setContent(`<main></main><dialog id="popup"></dialog><script>
    const main = document.querySelector("main");
    main.innerHTML = ${JSON.stringify(html).replaceAll("<", String.raw`\u003c`)};
    for (const action of main.querySelectorAll("cwdb-action")) {
      action.hidden = true;
      action.previousElementSibling.addEventListener("click", async () => {
        if (!confirm(action.getAttribute("confirmation"))) return;
        popup.innerHTML = await callFunction(action.getAttribute("endpoint"), action.textContent);
        popup.showModal();
      });
    }
  </script>`);
  return page;
}

const custom = (): Widget => {
  const [only, ...more] = widgets.filter(({ type }) => type === "custom");
  if (only === undefined || more.length > 0) throw new Error("one cluster has one custom widget");
  return only;
};
const render = (): Promise<string> =>
  call(custom().properties.endpoint ?? "", custom().properties.params ?? {});

describe("the cluster's widget on the dashboard", () => {
  it("shows where the scheduler runs, and every node", async () => {
    const page = await show(await render());
    const active = sandbox.state().nodes.find(({ schedulers }) => schedulers.length > 0)?.id ?? "";
    expect(await page.locator(".verdict").textContent()).toContain(`Runs on ${active}.`);
    expect(await page.locator("tbody tr").count()).toBe(sandbox.state().nodes.length);
  });

  it("asks before it acts, and does nothing where the answer is no", async () => {
    const page = await show(await render());
    let question = "";
    page.once("dialog", (dialog) => {
      question = dialog.message();
      void dialog.dismiss();
    });
    await page.locator("a.btn", { hasText: "Pause" }).click();
    expect(question).toContain("Pause demo?");
    expect(await page.locator("#popup").isVisible()).toBe(false);
    expect(await render()).not.toContain("paused");
  });

  it("pauses and resumes through the deployed function", async () => {
    await press("Pause");
    await expect.poll(render, PATIENCE).toContain("paused");
    await press("Resume");
    await expect.poll(render, PATIENCE).toContain("Runs on");
  });

  it("fails over, and the scheduler runs on the other node", async () => {
    const before = sandbox.state().nodes.find(({ schedulers }) => schedulers.length > 0)?.id;
    await press("Fail over");
    await sandbox.waitUntil(
      "a scheduler on the other node",
      ({ nodes }) => nodes.some(({ id, schedulers }) => id !== before && schedulers.length === 1),
      60,
    );
    expect(sandbox.state().secondsOfTwo).toBe(0);
  });

  async function press(label: string): Promise<void> {
    const page = await show(await render());
    page.once("dialog", (dialog) => void dialog.accept());
    await page.locator("a.btn", { hasText: label }).click();
    const popup = page.locator("#popup[open]");
    await popup.waitFor(PATIENCE);
    expect(await popup.textContent()).toMatch(/^Done\./u);
  }
});

describe("every other widget of the dashboard", () => {
  it("draws metrics that the controller has put by now", async () => {
    const namespace = sandbox.cloud.deployment.functions[0]?.environment["POWERTOOLS_METRICS_NAMESPACE"];
    const drawn = widgets
      .flatMap(({ properties }) => properties.metrics ?? [])
      .filter(([from]) => from === namespace)
      .map(([, name, dimension, value]) => `${String(name)}{${String(dimension)}=${String(value)}}`);
    expect(drawn.length).toBeGreaterThan(0);
    // A drill puts its own: the scenario of that name looks for them.
    const steady = drawn.filter((name) => !name.startsWith("Drill"));
    const missing = () => steady.filter((name) => !Object.hasOwn(sandbox.cloud.logs.latest(), name));
    await expect.poll(missing, PATIENCE).toEqual([]);
  });

  it("asks the log for lines that are there, with the fields that it shows", () => {
    const queries = widgets.flatMap(({ properties }) =>
      properties.query === undefined ? [] : [properties.query],
    );
    expect(queries).toHaveLength(2);
    const lines = sandbox.cloud.logs.lines.flatMap(({ text }) => {
      const line = JSON.parse(text) as Readonly<Record<string, unknown>>;
      return "message" in line ? [line] : [];
    });
    for (const query of queries) {
      const [, message] = /filter message = "(\w+)"/u.exec(query) ?? [];
      const found = lines.filter((line) => line["message"] === message && line["code"] !== "STANDBY");
      const fields = [...query.matchAll(/latest\((\w+)\)|\b(cluster|code|sentence)\b/gu)].map(
        ([, latest, field]) => latest ?? field ?? "",
      );
      expect(found.length).toBeGreaterThan(0);
      for (const field of fields) expect(found.some((line) => line[field] !== undefined)).toBe(true);
    }
  });
});

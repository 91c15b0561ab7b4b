/** Runs the tests that need a browser; where there is none, says so and what would help. */
import { fileURLToPath } from "node:url";
import { startVitest } from "vitest/node";
import { findChromium, INSTALL } from "./browser.ts";

const chromium = findChromium();
if (chromium === undefined) {
  console.error(
    `\n!!! NOT RUN: the console was not looked at in a browser, Chromium is missing: ${INSTALL}\n`,
  );
  console.log("0 passed, 0 failed, 1 skipped");
} else {
  console.log(`Chromium: ${chromium}`);
  await run();
}

async function run(): Promise<void> {
  const config = fileURLToPath(new URL("vitest.config.ts", import.meta.url));
  const vitest = await startVitest("test", process.argv.slice(2), { config, watch: false });
  const tests = vitest.state.getTestModules().flatMap((module) => [...module.children.allTests()]);
  const passed = tests.filter((test) => test.result().state === "passed").length;
  const failed = tests.length - passed;
  const errors = vitest.state.getUnhandledErrors().length + (tests.length === 0 ? 1 : 0);
  await vitest.close();
  console.log(`${passed} passed, ${failed + errors} failed`);
  process.exitCode = failed + errors === 0 ? 0 : 1;
}

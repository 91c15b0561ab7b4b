import { defineConfig } from "vitest/config";

/** Apart from the other suites: it starts a sandbox of its own, and one at a time is the machine's current one. */
export default defineConfig({
  test: {
    root: new URL("../../..", import.meta.url).pathname,
    include: ["test/cli/end-to-end/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 90_000,
  },
});

import { defineConfig } from "vitest/config";

/** The fast suites: what runs in one process, without a sandbox of its own. */
export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.test.ts"],
    exclude: ["test/console/**", "test/cli/end-to-end/**"],
    // Each file loads what others have loaded before it: half the time of those that synthesize.
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});

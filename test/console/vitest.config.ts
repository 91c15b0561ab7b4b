import { defineConfig } from "vitest/config";

/** Needs a browser and a sandbox of its own: apart from the fast suites. */
export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/console/**/*.test.ts"],
    testTimeout: 90_000,
    hookTimeout: 150_000,
    fileParallelism: false,
    bail: 0,
  },
});

import { defineConfig } from "vitest/config";

/** What judges the deployed app from outside: slower, and in need of Python for some of it. */
export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/deploy/**/*.suite.ts"],
    /** Two of them at once would only wait for each other. */
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 600_000,
  },
});

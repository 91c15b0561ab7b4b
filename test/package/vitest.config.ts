import { defineConfig } from "vitest/config";

/** Packs the project and installs the package into another one: takes some seconds, and npm. */
export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/package/*.suite.ts"],
    /** Each builds the package, in the same folder. */
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});

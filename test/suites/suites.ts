/** Every suite of the project, once: `npm test` runs the first group, `.ci/run` all of them. */
export interface Suite {
  readonly name: string;
  /** The command that runs this suite alone; shown where the suite is left out. */
  readonly command: readonly string[];
  /** `test`: needs Node and npm only, part of `npm test`. `ci`: needs more time or more of the machine. */
  readonly group: "test" | "ci";
  /** What the suite needs beside Node and npm. */
  readonly needs?: string;
  /** Suites of the same word run side by side: none of them needs all of the machine. */
  readonly together?: "deployed" | "nodes" | "soaks" | "units";
  /** Runs behind the others, one after the other and at the lowest priority: no clock but a virtual one plays a part in it. */
  readonly behind?: boolean;
}

export const SUITES: readonly Suite[] = [
  { name: "format", command: ["oxfmt", "--check", "."], group: "test" },
  {
    name: "lint and import boundaries",
    command: ["oxlint", "--type-aware", "--deny-warnings", "bin", "lambda", "lib", "test"],
    group: "test",
  },
  { name: "types", command: ["tsc", "--noEmit"], group: "test" },
  {
    name: "unit",
    command: ["vitest", "run", "--config", "test/vitest.config.ts", "--exclude", "test/node/**"],
    group: "test",
    together: "units",
  },
  {
    name: "unit: the node's scripts",
    command: ["vitest", "run", "--config", "test/vitest.config.ts", "test/node"],
    group: "test",
    together: "units",
  },
  {
    name: "command line in a sandbox",
    command: ["vitest", "run", "--config", "test/cli/end-to-end/vitest.config.ts"],
    group: "ci",
  },
  {
    name: "scenarios",
    command: ["tsx", "test/scenarios/run.ts", "--all", "--lanes", "4", "--judge-calls"],
    group: "ci",
    needs: "python3 3.11 with venv, and PyPI: without it AWS's service models are not asked",
  },
  {
    name: "real nodes with systemd",
    command: ["tsx", "test/real-nodes/run.ts"],
    group: "ci",
    together: "nodes",
    needs: "root on Linux with apt-get: installs systemd-container and mmdebstrap, builds an image of 230 MB",
  },
  {
    name: "real daemons: celery beat and Airflow 2",
    command: ["tsx", "test/daemons/run.ts", "--daemon", "celery-beat", "--daemon", "airflow-2"],
    group: "ci",
    needs:
      "what the real nodes need, and PyPI: installs a broker, a database, Celery and Airflow over their image, 700 MB",
  },
  {
    name: "real daemons: Airflow 3 and dagster-daemon",
    command: ["tsx", "test/daemons/run.ts", "--daemon", "airflow-3", "--daemon", "dagster-daemon"],
    group: "ci",
    together: "deployed",
    needs: "what the others need: installs Airflow 3 and Dagster, too",
  },
  {
    name: "calls: IAM, AWS's service models, AWS's command line",
    command: ["vitest", "run", "--config", "test/deploy/vitest.config.ts", "test/deploy/calls"],
    group: "ci",
    together: "nodes",
    needs: "python3 3.11 with venv, and PyPI: without it IAM alone is asked",
  },
  {
    name: "deploy into an emulator",
    command: ["vitest", "run", "--config", "test/deploy/vitest.config.ts", "test/deploy/ministack"],
    group: "ci",
    together: "deployed",
    needs: "python3 3.11 with venv, and PyPI",
  },
  {
    name: "record store on other DynamoDBs",
    command: ["vitest", "run", "--config", "test/deploy/vitest.config.ts", "test/deploy/dynamodb"],
    group: "ci",
    needs: "python3 3.11 with venv, and PyPI",
  },
  {
    name: "loop in two interpreters",
    command: ["vitest", "run", "--config", "test/deploy/vitest.config.ts", "test/deploy/loop"],
    group: "ci",
    needs: "python3 3.11 with venv, and PyPI: without it the sandbox's interpreter alone is asked",
  },
  {
    name: "template under cfn-lint",
    command: ["vitest", "run", "--config", "test/deploy/vitest.config.ts", "test/deploy/static"],
    group: "ci",
    behind: true,
    needs: "python3 3.11 with venv, and PyPI",
  },
  {
    name: "package in somebody else's project",
    command: ["vitest", "run", "--config", "test/package/vitest.config.ts"],
    group: "ci",
    behind: true,
    needs:
      "npm's registry: fetches three older compilers, 120 MB; without it the project's own alone is asked",
  },
  {
    name: "console and dashboard in a browser",
    command: ["tsx", "test/console/run.ts"],
    group: "ci",
    needs: "Chromium: apt-get install chromium",
  },
  {
    name: "simulation",
    command: ["tsx", "test/simulation/simulate.ts", "--seeds", "150", "--fresh", "20"],
    group: "ci",
    behind: true,
  },
  {
    name: "exploration",
    command: ["tsx", "test/explore/explore.ts"],
    group: "ci",
    behind: true,
  },
  {
    name: "mutations",
    command: ["tsx", "test/explore/mutations.ts", "--quick"],
    group: "ci",
    behind: true,
  },
  { name: "contention", command: ["tsx", "test/contention/contention.ts"], group: "ci" },
  {
    name: "ten clusters, one of them slow",
    command: ["tsx", "--disable-warning=TimeoutNegativeWarning", "test/scale/scale.ts"],
    group: "ci",
  },
  {
    name: "specification",
    command: ["bash", "docs/spec/check.sh"],
    group: "ci",
    behind: true,
    needs: "Java, Python and PyPI",
  },
  {
    name: "soak in the sandbox",
    command: [
      "tsx",
      "test/soak/soak.ts",
      "--seconds",
      "150",
      "--seed",
      "3",
      "--picture",
      ".sandbox/soak.svg",
    ],
    group: "ci",
    together: "soaks",
  },
  {
    name: "soak of celery beat on real nodes",
    command: ["tsx", "test/soak/soak.ts", "--nodes", "real", "--seconds", "180", "--seed", "3"],
    group: "ci",
    needs: "what the real daemons need",
    together: "soaks",
  },
  { name: "tour", command: ["tsx", "test/tour/tour.ts"], group: "ci", together: "soaks" },
];

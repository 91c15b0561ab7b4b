/** The package in a project that `cdk init` makes today, and under compilers that projects made earlier still have. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compilerOf } from "./compilers.ts";
import { BIN, makeProject, type Project, ROOT, run } from "./project.ts";

let project: Project;
beforeAll(() => {
  project = makeProject();
});
afterAll(() => project.remove());

/**
 * The oldest that reads our declarations and all that they refer to: those of Node 24 need a language that 5.2 has. With
 * `skipLibCheck`, as `cdk init` writes it, a project of 4.9 compiles too.
 */
describe.each([
  ["4.9.5", ["--module", "commonjs"]],
  ["5.4.5", ["--module", "commonjs", "--skipLibCheck", "false"]],
  ["5.9.3", ["--skipLibCheck", "false"]],
] as const)("TypeScript %s", (version, options) => {
  const compiler = compilerOf(version);

  it.skipIf(compiler === undefined)(`compiles the example with ${options.join(" ")}`, () => {
    const args = [compiler ?? "", "-p", ".", "--noEmit", ...options];
    expect(run(project.directory, process.execPath, args)).toEqual({ status: 0, output: "" });
  });
});

describe("a project that `cdk init` makes", () => {
  const folder = mkdtempSync(join(tmpdir(), "initialized-"));
  const theirs = join(folder, "company");
  afterAll(() => rmSync(folder, { recursive: true }));
  /** What the tool writes, with the construct in the place that it leaves for it; the packages are those of the example. */
  beforeAll(() => {
    mkdirSync(theirs);
    const init = ["init", "app", "--language", "typescript", "--generate-only"];
    execFileSync(join(BIN, "cdk"), init, { cwd: theirs, stdio: "ignore" });
    symlinkSync(join(project.directory, "node_modules"), join(theirs, "node_modules"));
    cpSync(join(ROOT, "docs/settings.example.yaml"), join(theirs, "settings.yaml"));
    const file = join(theirs, "lib/company-stack.ts");
    const text = readFileSync(file, "utf8")
      .replace(
        "\n",
        '\nimport { FailoverSettings, SchedulerFailover } from "scheduler-failover-controller";\n',
      )
      .replace(
        "// The code that defines your stack goes here",
        'new SchedulerFailover(this, "SchedulerFailover", { settings: FailoverSettings.fromFile("settings.yaml") });',
      );
    writeFileSync(file, text);
  });

  it("asks for the compiler that the project has", () => {
    const versionOf = (path: string) => JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    const { devDependencies } = versionOf(join(theirs, "package.json"));
    const { version } = versionOf(join(ROOT, "node_modules/typescript/package.json"));
    expect(devDependencies).toMatchObject({ typescript: `~${String(version)}` });
  });

  it("compiles with its own settings", () => {
    // All but its test, whose runner is not installed.
    rmSync(join(theirs, "test"), { recursive: true });
    expect(run(theirs, join(BIN, "tsc"), ["-p", ".", "--types", "node"])).toEqual({ status: 0, output: "" });
  });

  it("is synthesized as it says itself", () => {
    const { app } = JSON.parse(readFileSync(join(theirs, "cdk.json"), "utf8")) as { app: string };
    expect(app).toBe(`npx tsc && npx tsx bin/${basename(theirs)}.ts`);
    const outdir = join(theirs, "cdk.out");
    const { status, output } = run(theirs, join(BIN, "tsx"), ["bin/company.ts"], { CDK_OUTDIR: outdir });
    expect({ status, output }).toMatchObject({ status: 0 });
    const template = readFileSync(join(outdir, "CompanyStack.template.json"), "utf8");
    expect(template).toContain("AWS::StepFunctions::StateMachine");
  });
});

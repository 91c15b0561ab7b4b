/**
 * Deployments that cannot come about, and the first thing that the person at the terminal sees of it. docs/deploy.md has
 * the same as a table, with what shows itself only in operation.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { changed } from "../../settings/written.ts";
import { pythonEnvironment } from "../python.ts";
import { REFUSED, type Template, withTemplate, without } from "./assembly.ts";
import { ACCOUNT, Emulator, REGION } from "./emulator.ts";

const STACK = "SchedulerFailover";

const folder = mkdtempSync(join(tmpdir(), "first-seen-"));
const ministack = pythonEnvironment("ministack");
const judges = pythonEnvironment("judges");
const emulator = ministack && judges ? await Emulator.start(folder, ministack, judges) : undefined;
afterAll(() => {
  emulator?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const running = (): Emulator => {
  if (emulator === undefined) throw new Error("there is no emulator");
  return emulator;
};

/** So long is waited for Readiness here, in place of two minutes. */
const SECONDS = "10";

/** An assembly that MiniStack takes, to be spoiled. */
const assembly = (name: string): string => {
  const settings = join(folder, "settings.yaml");
  writeFileSync(settings, stringify(changed()));
  const whole = join(folder, `${name}.whole`);
  const { status, output } = running().cdk("synth", "--quiet", "-c", `settings=${settings}`, "-o", whole);
  if (status !== 0) throw new Error(output);
  const copy = join(folder, name);
  withTemplate(whole, copy, STACK, (template) => impatient(without(...REFUSED)(template)));
  return copy;
};

const impatient = (template: Template): Template => {
  const asked = Object.values(template.Resources).find(({ Type }) => Type === "Custom::RecordsRead");
  if (asked) asked.Properties = { ...asked.Properties, ServiceTimeout: SECONDS };
  return template;
};

const deploy = (where: string) =>
  running().cdk("deploy", "--app", where, "--require-approval", "never", "--progress", "events");

/** `none` where nothing was made. */
const stackStatus = (): string => {
  const listed = running().aws("cloudformation", "list-stacks") as {
    readonly StackSummaries: readonly { readonly StackName: string; readonly StackStatus: string }[];
  };
  return listed.StackSummaries.find(({ StackName }) => StackName === STACK)?.StackStatus ?? "none";
};

/** The folders of the function's code in an assembly. */
const codeOf = (where: string): readonly string[] =>
  readdirSync(where)
    .filter((name) => /^asset\.[0-9a-f]+$/.test(name))
    .map((name) => join(where, name));

describe.skipIf(emulator === undefined)("before anything is made, the tool says", () => {
  it("that the account and region are not bootstrapped: the roles that deploy are missing", () => {
    const { status, output } = deploy(assembly("not-bootstrapped"));
    expect(status).not.toBe(0);
    expect(output).toMatch(/bootstrap/i);
    expect(stackStatus()).toBe("none");
    expect(running().cdkWithoutApp("bootstrap", `aws://${ACCOUNT}/${REGION}`).status).toBe(0);
  });
});

describe.skipIf(emulator === undefined)("what cannot be loaded never gets an alias", () => {
  it("a module with a fault: the resource Readiness fails, and the deployment is taken back", () => {
    const where = assembly("broken-module");
    for (const code of codeOf(where)) writeFileSync(join(code, "index.mjs"), "export const handler = ;\n");
    const { status, output } = deploy(where);
    expect(status).not.toBe(0);
    expect(output).toMatch(new RegExp(`CREATE_FAILED.*Readiness.* timed out after ${SECONDS}s`));
    expect(output).not.toMatch(/CREATE_COMPLETE.*AWS::Lambda::Alias/);
    expect(stackStatus()).toBe("ROLLBACK_COMPLETE");
  });
});

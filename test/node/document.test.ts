import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CONVERGE_PARAMETERS, convergeParameters } from "../../lib/core/converge.ts";
import { LIMITS } from "../../lib/core/settings.ts";
import {
  LARGEST_DOCUMENT,
  LARGEST_USER_DATA,
  documentContent,
  documentHash,
  nodeScript,
  nodeSetup,
} from "../../lib/node-document.ts";
import {
  CLUSTER,
  INSTALLED_SHELLS,
  OWNER,
  SHELLS,
  clusterSettings,
  findProgram,
  renderDocument,
  sayMissing,
} from "./support.ts";

const script = `${nodeScript("converge.sh").join("\n")}\n`;
const TEXTS = [
  ["converge", script],
  ["guard", `${nodeScript("guard.sh").join("\n")}\n`],
  ["node-setup", `${nodeScript("node-setup.sh").join("\n")}\n`],
] as const;
const content = documentContent(CLUSTER, clusterSettings({ unit: "airflow-scheduler.service" }));
const PLAN = {
  token: 1795546837919,
  active: "i-0aaaaaaa",
  life: "e557d030-5d48-4909-8c4c-928734448eba.e74d6ac3-fe25-4fff-b9ba-b41588adc12e",
  mode: "run",
  others: "stop",
  until: 1795546937919,
  invocation: "none",
} as const;

for (const { name, path } of SHELLS) if (path === undefined) sayMissing(`the script under ${name}`);
const shellcheck = findProgram("shellcheck");
if (shellcheck === undefined) sayMissing("shellcheck of the script");

describe("the script's text", () => {
  it("holds nothing that the agent's substitution could touch", () => {
    expect(script).not.toContain("$$");
    expect(script).not.toContain("{{");
  });

  it("sends a group signal in no form that dash refuses", () => {
    expect(script).not.toMatch(/kill [^\n]*-- -/);
    expect(script).not.toMatch(/kill -s [A-Z]+ "?-/);
  });

  it.runIf(shellcheck !== undefined).each(TEXTS)("is clean for shellcheck: %s", (_, input) => {
    const check = () => execFileSync(shellcheck ?? "", ["-s", "sh", "-"], { input, encoding: "utf8" });
    expect(check()).toBe("");
  });

  it.each(INSTALLED_SHELLS)("parses under %s", (shell) => {
    const command = shell === "busybox" ? ["busybox", "sh"] : [shell];
    for (const [, input] of TEXTS) {
      expect(execFileSync("env", [...command, "-n"], { input, encoding: "utf8" })).toBe("");
    }
  });
});

describe("the document", () => {
  const command = "x".repeat(1000);
  const started = { start: command, stop: command };
  const opinion = { secondOpinion: { command, everyMinutes: 15 } };
  const limits = { timeoutSeconds: 3, failures: 3 };
  const byUrl = { kind: "url", url: "http://localhost:1/", answeredBy: "scheduler", ...limits } as const;
  it.each([
    [
      "a health command and a second opinion",
      { ...started, ...opinion },
      { kind: "command", command, ...limits },
    ],
    ["a health URL and a second opinion", { ...started, ...opinion }, byUrl],
  ] as const)("is small enough for Run Command, with room for long commands, %s", (_, scheduler, health) => {
    const long = documentContent(CLUSTER, clusterSettings(scheduler, { health }));
    expect(Buffer.byteLength(JSON.stringify(long))).toBeLessThan(LARGEST_DOCUMENT - 512);
  });

  it("has only the parts that its settings ask for", () => {
    const textOf = (...settings: Parameters<typeof clusterSettings>) =>
      documentContent(CLUSTER, clusterSettings(...settings)).mainSteps[0].inputs.runCommand.join("\n");
    const plain = textOf({ unit: "a.service" });
    expect(plain).not.toMatch(/^(ask_url|check_listener|ask_opinion|note_opinion)\(\)/m);
    expect(textOf({ unit: "a.service" }, { health: byUrl })).toMatch(/^check_listener\(\)/m);
    expect(textOf({ unit: "a.service", ...opinion })).toMatch(/^ask_opinion\(\)/m);
  });

  it("constrains every parameter by an anchored pattern or by listed values", () => {
    expect(Object.keys(content.parameters)).toEqual([...CONVERGE_PARAMETERS]);
    for (const { allowedValues, allowedPattern } of Object.values(content.parameters)) {
      expect(allowedValues === undefined).toBe(allowedPattern !== undefined);
      expect(allowedPattern ?? "^listed$").toMatch(/^\^.*\$$/);
    }
  });

  it("admits no parameter value that could end a quoted text", () => {
    for (const { allowedPattern } of Object.values(content.parameters)) {
      if (allowedPattern === undefined) continue;
      for (const bad of ["'", "$", "`", "\\", "{", "\n", " ", ";"])
        expect(new RegExp(allowedPattern).test(`1${bad}`)).toBe(false);
    }
  });

  it("takes the parameters of a plan", () => {
    const text = renderDocument(content, convergeParameters(CLUSTER, OWNER, PLAN));
    expect(text).toContain(`ARG_TOKEN='${PLAN.token}'`);
    expect(text).toContain("ARG_ACTIVE='i-0aaaaaaa'");
    expect(text).not.toContain("{{");
  });

  it("is ended by the agent a while after the script's own limit", () => {
    expect(content.mainSteps[0].inputs.timeoutSeconds).toBe(String(LIMITS.executionSeconds));
  });

  it("has a hash that follows its content", () => {
    const same = documentContent(CLUSTER, clusterSettings({ unit: "airflow-scheduler.service" }));
    const other = documentContent(CLUSTER, clusterSettings({ unit: "other.service" }));
    expect(documentHash(same)).toBe(documentHash(content));
    expect(documentHash(other)).not.toBe(documentHash(content));
    expect(documentHash(content)).toMatch(/^[0-9a-f]{12}$/);
  });

  it("hands every setting to the shell as it was written", () => {
    const line = fc
      .string({ unit: fc.constantFrom(..."ab$'\"`\\{}! *~#;&|<>é§".split("")), minLength: 1, maxLength: 40 })
      .filter((text) => !text.includes("{{"));
    fc.assert(
      fc.property(line, (start) => {
        const document = documentContent(CLUSTER, clusterSettings({ start }));
        const text = renderDocument(document, convergeParameters(CLUSTER, OWNER, PLAN));
        const preamble = text.slice(0, text.indexOf("set -u"));
        const program = `${preamble}\nprintf %s "$SET_START"`;
        expect(execFileSync("sh", ["-c", program], { encoding: "utf8" })).toBe(start);
      }),
      { numRuns: 100, examples: [["kill $$"], ["a$$$b"], ["it's $$'$$"], ["awk '{print $1}'"]] },
    );
  });

  it("refuses what it cannot carry, and names all of it", () => {
    const settings = clusterSettings({ start: "a {{ b }}", stop: "c\nd", pidFile: "run/x.pid" });
    expect(() => documentContent(CLUSTER, settings)).toThrow(
      /SET_START must not contain.*SET_STOP must be one line.*SET_PID_FILE must be an absolute path/s,
    );
    expect(() => documentContent(CLUSTER, clusterSettings({}))).toThrow(/exactly one of/);
    expect(() => documentContent("a/b", clusterSettings({ start: "x" }))).toThrow(/its name must match/);
  });
});

describe("the set-up script of a node", () => {
  const unit = clusterSettings({ unit: "airflow-scheduler@main.service" });

  it("fits into the user data of an instance", () => {
    expect(Buffer.byteLength(nodeSetup("x".repeat(64), unit))).toBeLessThan(LARGEST_USER_DATA * 0.9);
  });

  it("begins as a script of cloud-init does, and installs the guard that the document installs", () => {
    const text = nodeSetup(CLUSTER, unit);
    expect(text).toMatch(/^#!\/bin\/sh\n/);
    const guard = (whole: string) => /END_OF_GUARD'\n(.*)\nEND_OF_GUARD/s.exec(whole)?.[1];
    expect(guard(text)).toBe(guard(documentContent(CLUSTER, unit).mainSteps[0].inputs.runCommand.join("\n")));
    expect(guard(text)).toContain("guard() {");
  });
});

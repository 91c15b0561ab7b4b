import { describe, expect, it } from "vitest";
import { helpOf } from "../../lib/cli/pages.ts";
import { createProgram } from "../../lib/cli/program.ts";
import { ScriptedIo, type } from "./support/scripted-io.ts";

describe("the help", () => {
  it("is what the golden file shows, of the program and of every command", async () => {
    const program = createProgram(new ScriptedIo(), () => undefined);
    const all = [program, ...program.commands].map((command) => helpOf(command));
    await expect(all.join(`\n${"=".repeat(80)}\n`)).toMatchFileSnapshot("help.golden.txt");
  });

  it("fits 80 columns", () => {
    const program = createProgram(new ScriptedIo(), () => undefined);
    const lines = [program, ...program.commands].flatMap((command) => helpOf(command).split("\n"));
    const isExample = (line: string): boolean => line.startsWith("  scheduler_failover_controller ");
    expect(lines.filter((line) => line.length > 80 && !isExample(line))).toEqual([]);
  });

  it.each(["--help", "status --help", "failover -h"])("%s is no failure", async (line) => {
    const { code, io } = await type(line);
    expect(code).toBe(0);
    expect(io.output).toContain("Usage: scheduler_failover_controller");
    expect(io.connected).toEqual([]);
  });

  it("has the commands of the predecessor under their names", () => {
    const names = createProgram(new ScriptedIo(), () => undefined).commands.map((command) => command.name());
    expect(names).toEqual(
      expect.arrayContaining([
        ..."version init test_connection is_scheduler_running clear_metadata metadata".split(" "),
        ..."send_test_email get_current_host start".split(" "),
      ]),
    );
  });
});

describe("a command line that is wrong", () => {
  it.each([
    ["statsu", "unknown command 'statsu'"],
    ["status --jsn", "unknown option '--jsn'"],
    ["exclude", "missing required argument 'node'"],
    ["status --cluster", "option '--cluster <name>' argument missing"],
    ["status -venv /v/activate", "-venv PATH comes before the command."],
    ["-venv", "-venv needs the path"],
    ["-venv init", "-venv needs the path"],
    ["cost --beat soon", "must be a whole number of seconds from 5 to 60"],
    ["logs --since yesterday", "--since yesterday is no time"],
  ])("%s ends with 2 and says why", async (line, said) => {
    const { code, io } = await type(line);
    expect(code).toBe(2);
    expect(io.errors).toContain(said);
    expect(io.requests).toEqual([]);
  });

  it("is told without a command, too", async () => {
    const { code, io } = await type("");
    expect(code).toBe(2);
    expect(io.screen).toContain("Usage:");
  });
});

describe("the options that name the deployment", () => {
  it.each([
    "--stack Other --region eu-west-1 --profile work version",
    "version --stack Other --region eu-west-1 --profile work",
  ])("stand before the command or after it: %s", async (line) => {
    const { io } = await type(line);
    expect(io.connected).toEqual([
      expect.objectContaining({ stack: "Other", region: "eu-west-1", profile: "work" }),
    ]);
    expect(io.connected[0]?.sandbox).toBeUndefined();
  });

  it("choose the sandbox only when they say so", async () => {
    const { io } = await type("failover --sandbox --yes");
    expect(io.connected[0]?.sandbox).toBe(true);
    expect((await type("failover --yes")).io.connected[0]?.sandbox).toBeUndefined();
  });

  it("are named on the first line of standard error", async () => {
    const { io } = await type("status");
    expect(io.errors.split("\n")[0]).toBe("account 123456789012, region eu-west-1, stack SchedulerFailover");
  });
});

describe("what nobody expected", () => {
  it("is one line without a stack trace", async () => {
    const { code, io } = await type("status", {
      connect: () => Promise.reject(new TypeError("x is not a function\n    at somewhere (file.ts:1:1)")),
    });
    expect(code).toBe(2);
    expect(io.errors).toBe("This is a defect of the program, please report it: x is not a function\n");
  });
});

describe("-venv before another command than init", () => {
  it("is said to be of no use there", async () => {
    const { code, io } = await type("-venv /opt/venv/bin/activate version");
    expect(code).toBe(0);
    expect(io.errors).toContain("only `init` makes a setting of it");
  });
});

describe("version", () => {
  it("needs no deployment, and has the predecessor's words", async () => {
    const { code, io } = await type("version");
    expect(code).toBe(0);
    expect(io.output).toMatch(/^Scheduler Failover Controller Version: \d+\.\d+\.\d+\n$/);
    expect(io.connected).toEqual([]);
  });
});

describe("get_current_host", () => {
  it("prints the instance id and the settings line", async () => {
    const { code, io } = await type("get_current_host", { instanceId: "i-0a1f2e3d4c5b69788" });
    expect(code).toBe(0);
    expect(io.output).toContain("current host: i-0a1f2e3d4c5b69788");
    expect(io.output).toContain("instanceIds: [i-0a1f2e3d4c5b69788]");
  });

  it("prints the host's name elsewhere, and says that no node is found by it", async () => {
    const { code, io } = await type("get_current_host");
    expect(code).toBe(1);
    expect(io.output).toBe("current host: laptop\n");
    expect(io.errors).toMatch(/nodes are\s+named by instance id/);
  });

  it("prints both as JSON, with null for what there is not", async () => {
    const { code, io } = await type("get_current_host --json", { instanceId: "i-0a1f2e3d4c5b69788" });
    expect(code).toBe(0);
    expect(JSON.parse(io.output)).toEqual({
      instanceId: "i-0a1f2e3d4c5b69788",
      hostName: "laptop",
      settings: "instanceIds: [i-0a1f2e3d4c5b69788]",
    });
    const elsewhere = await type("get_current_host --json");
    expect(elsewhere.code).toBe(1);
    expect(JSON.parse(elsewhere.io.output)).toEqual({ instanceId: null, hostName: "laptop", settings: null });
  });
});

import { describe, expect, it } from "vitest";
import { COUNTS, monthlyCost, total } from "../../lib/cli/cost.ts";
import { functionMegabytes } from "../../lib/core/pace.ts";
import { deploy } from "../constructs/deployed.ts";
import { twoClusters } from "../constructs/two-clusters.ts";
import { type } from "./support/scripted-io.ts";

describe("the cost", () => {
  it("counts what the template has", async () => {
    const deployed = await deploy(twoClusters);
    const count = (resource: string): number => deployed.ofType(resource).length;
    expect(count("AWS::CloudWatch::Alarm")).toBe(2 * COUNTS.alarmsPerCluster + COUNTS.alarmsPerStack);
    expect(count("AWS::CloudWatch::Dashboard")).toBe(1);
    expect(count("AWS::KMS::Key")).toBe(1);
    expect(deployed.only("AWS::Lambda::Function").properties["MemorySize"]).toBe(functionMegabytes(2));
  });

  it("of one cluster more than fit a stack is that of two", () => {
    const dashboards = monthlyCost(COUNTS.clustersPerStack + 1).find(({ what }) =>
      what.includes("dashboards"),
    );
    expect(dashboards?.count).toBe(2);
  });

  it("is below 12 dollars for one cluster and 3 for each further one, and grows with a faster beat", () => {
    const one = total(monthlyCost(1));
    expect(one).toBeLessThan(12);
    for (const clusters of [2, 10, 50, COUNTS.clustersPerStack])
      expect(total(monthlyCost(clusters)) - one).toBeLessThan((clusters - 1) * 3);
    expect(total(monthlyCost(1, 5))).toBeGreaterThan(one);
  });

  it("is printed line by line, and with prices and sources as JSON", async () => {
    const { code, io } = await type("cost");
    expect(code).toBe(0);
    expect(io.output).toContain(`together  `);
    expect(Math.max(...io.output.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    const json = JSON.parse((await type("cost --json")).io.output) as {
      lines: { price: { source: string } }[];
    }[];
    expect(json.flatMap(({ lines }) => lines).every(({ price }) => price.source !== "")).toBe(true);
  });
});

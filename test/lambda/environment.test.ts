import { describe, expect, it } from "vitest";
import { EnvironmentError, readEnvironment } from "../../lambda/environment.ts";
import { sampleCluster, sampleEnvironment } from "./support/controller.ts";

const { settings } = sampleEnvironment({ etl: sampleCluster(), ml: sampleCluster() });
const TEXT = JSON.stringify(settings);
const VARIABLES = {
  TABLE_NAME: "failover",
  OWNER: "arn:aws:dynamodb:eu-west-1:123456789012:table/failover",
  DOCUMENTS: '{"etl":"failover-etl","ml":"failover-ml"}',
  DASHBOARD_URL: "https://dashboard.example.com",
  POWERTOOLS_METRICS_NAMESPACE: "failover",
  AWS_LAMBDA_FUNCTION_NAME: "controller",
  AWS_REGION: "eu-west-1",
};

describe("readEnvironment", () => {
  it("reads what the deployment hands over, and lets nobody change it", () => {
    const environment = readEnvironment(VARIABLES, TEXT);
    expect(environment).toEqual(sampleEnvironment({ etl: sampleCluster(), ml: sampleCluster() }));
    expect(Object.isFrozen(environment)).toBe(true);
  });

  it.each(Object.keys(VARIABLES))("names the variable that is missing: %s", (name) => {
    expect(() => readEnvironment({ ...VARIABLES, [name]: undefined }, TEXT)).toThrow(`${name} is missing`);
    expect(() => readEnvironment({ ...VARIABLES, [name]: " " }, TEXT)).toThrow(`${name} is missing`);
  });

  it("puts a document's name together where the names share their beginning", () => {
    const { documents } = readEnvironment(
      { ...VARIABLES, DOCUMENT_PREFIX: "failover-", DOCUMENTS: '{"etl":"0a1b","ml":"2c3d"}' },
      TEXT,
    );
    expect(documents).toEqual({ etl: "failover-etl-0a1b", ml: "failover-ml-2c3d" });
  });

  it("tells all faults at once", () => {
    const reading = () =>
      readEnvironment({ ...VARIABLES, TABLE_NAME: "", DOCUMENTS: '{"etl":"failover-etl"}' }, TEXT);
    expect(reading).toThrow(EnvironmentError);
    expect(reading).toThrow("DOCUMENTS has no document for the cluster ml; TABLE_NAME is missing");
  });

  it.each(["nonsense", "[]", "null", '{"etl":1}', '{"etl":""}'])("refuses %s as DOCUMENTS", (text) => {
    expect(() => readEnvironment({ ...VARIABLES, DOCUMENTS: text }, TEXT)).toThrow(
      `DOCUMENTS is not a JSON object of document names by cluster: ${text}`,
    );
  });

  it.each(["", "nonsense", "[]", "{}", '{"clusters":{}}'])("refuses %j as settings", (text) => {
    expect(() => readEnvironment(VARIABLES, text)).toThrow(
      "settings.json is not the settings of at least one cluster",
    );
  });
});

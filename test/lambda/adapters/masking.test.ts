import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LogJournal } from "../../../lambda/adapters/log-journal.ts";
import { masked } from "../../../lambda/adapters/masking.ts";

describe("what a log line does not tell", () => {
  it.each([
    [
      "Email address is not verified. The following identities failed the check in region US-EAST-1: ann.lee+ops@airline.dev, x@y.co.uk",
      "Email address is not verified. The following identities failed the check in region US-EAST-1: ***@airline.dev, ***@y.co.uk",
    ],
    [
      "fetch of https://user:secret@proxy.example.com:3128/ failed",
      "fetch of https://proxy.example.com:3128/ failed",
    ],
    [
      "arn:aws:sts::123456789012:assumed-role/Admin/ann@airline.dev",
      "arn:aws:sts::123456789012:assumed-role/Admin/***@airline.dev",
    ],
    [
      "airflow-worker@3.service of i-0123456789abcdef0 is stopped",
      "airflow-worker@3.service of i-0123456789abcdef0 is stopped",
    ],
    [
      "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#x",
      "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#x",
    ],
  ])("of %j is %j", (text, told) => {
    expect(masked(text)).toBe(told);
  });
});

describe("the journal", () => {
  let written: string;
  beforeEach(() => {
    written = "";
    const keep = (chunk: unknown): boolean => {
      written += String(chunk);
      return true;
    };
    vi.spyOn(process.stdout, "write").mockImplementation(keep);
    vi.spyOn(process.stderr, "write").mockImplementation(keep);
  });
  afterEach(() => void vi.restoreAllMocks());

  it("masks wherever it stands: in a field, in an error and in its cause", () => {
    const cause = new Error("MessageRejected: ann@airline.dev");
    new LogJournal("info").write("error", "news for ann@airline.dev", {
      error: new Error("SES did not take it: ann@airline.dev", { cause }),
      by: ["ann@airline.dev"],
    });
    expect(written).not.toContain("ann@");
    expect(written.match(/\*\*\*@airline\.dev/g)?.length).toBeGreaterThanOrEqual(4);
  });
});

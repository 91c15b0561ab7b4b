import { describe, expect, it } from "vitest";
import { describeCall } from "../../lib/cli/failures.ts";

const ATTEMPT = {
  permission: "lambda:InvokeFunction",
  resource: "function F with an alias read",
  region: "eu-west-1",
  sandbox: false,
};

function named(name: string, message = "AWS's own words", more: object = {}): Error {
  return Object.assign(new Error(message), { name, ...more });
}

describe("a failed call says what to do:", () => {
  it.each([
    [
      "no credentials",
      named("CredentialsProviderError", "Could not load credentials from any providers"),
      "pass --profile NAME",
    ],
    [
      "no such profile",
      named("CredentialsProviderError", "Could not resolve credentials using profile: [x]"),
      "aws configure list-profiles",
    ],
    ["no region", new Error("Region is missing"), "pass --region"],
    ["expired", named("ExpiredTokenException"), "have expired"],
    ["an expired single sign-on", named("TokenProviderError", "Token is expired"), "aws sso login"],
    ["not accepted", named("UnrecognizedClientException"), "aws sts get-caller-identity"],
    [
      "access denied",
      named("AccessDeniedException"),
      "needs lambda:InvokeFunction on function F with an alias read",
    ],
    [
      "no such function",
      named("ResourceNotFoundException"),
      "There is no function F with an alias read in eu-west-1",
    ],
    ["throttled", named("TooManyRequestsException"), "try again in some seconds"],
    ["nobody there", named("Error", "connect ECONNREFUSED", { code: "ECONNREFUSED" }), "cannot be reached"],
    [
      "nobody there, deep inside",
      named("TypeError", "fetch failed", { cause: { code: "ENOTFOUND" } }),
      "cannot be reached",
    ],
    ["no answer in time", named("TimeoutError"), "cannot be reached"],
    ["anything else", named("SurpriseException", "something\nsecond line"), "failed: something"],
  ])("%s", (_, error, said) => {
    const failure = describeCall(error, ATTEMPT);
    expect(failure.message).toContain(said);
    expect(failure.message).not.toContain("\n");
    expect(failure.exitCode).toBe(2);
  });

  it("a sandbox that does not answer is started", () => {
    const error = named("Error", "connect ECONNREFUSED", { code: "ECONNREFUSED" });
    expect(describeCall(error, { ...ATTEMPT, sandbox: true }).message).toContain("npm start");
  });

  it("no member of an aggregate is lost", () => {
    const error = new AggregateError([new Error("connect ETIMEDOUT 10.0.0.1:443")], "");
    expect(describeCall(error, ATTEMPT).message).toContain("ETIMEDOUT");
  });
});

/** The services of which clients need a word or two: who am I, what does the stack put out, which log lines are there. */
import { z } from "zod";
import { AwsError } from "../gateway/aws-error.ts";
import { awsJson, awsQuery } from "../gateway/protocols.ts";
import type { Call, Service } from "../gateway/service.ts";
import type { LogLine } from "../lambda/runtime.ts";
import type { OutputModel } from "../template/deployment.ts";
import type { Place } from "../template/place.ts";
import { validated } from "./validated.ts";
import { textOf } from "../values.ts";

export function stsService(place: Place): Service {
  return {
    name: "sts",
    protocol: awsQuery("https://sts.amazonaws.com/doc/2011-06-15/"),
    operations: {
      GetCallerIdentity: ({ caller }) => ({
        Arn: `arn:aws:iam::${place.account}:user/${caller.replaceAll(":", "-")}`,
        UserId: caller.toUpperCase(),
        Account: place.account,
      }),
    },
  };
}

export function cloudFormationService(place: Place, outputs: readonly OutputModel[]): Service {
  const created = new Date();
  return {
    name: "cloudformation",
    protocol: awsQuery("http://cloudformation.amazonaws.com/doc/2010-05-15/"),
    operations: {
      DescribeStacks: ({ params }) => {
        const name = params["StackName"];
        if (name !== undefined && name !== place.stackName) {
          throw new AwsError("ValidationError", `Stack with id ${textOf(name)} does not exist`);
        }
        return {
          Stacks: [
            {
              StackName: place.stackName,
              StackId: `arn:aws:cloudformation:${place.region}:${place.account}:stack/${place.stackName}/sandbox`,
              CreationTime: created,
              StackStatus: "CREATE_COMPLETE",
              Outputs: outputs.map(({ key, value, description }) => ({
                OutputKey: key,
                OutputValue: value,
                Description: description,
              })),
            },
          ],
        };
      },
    },
  };
}

const FilterInput = z.looseObject({
  logGroupName: z.string(),
  startTime: z.number().optional(),
  endTime: z.number().optional(),
  limit: z.int().min(1).max(10_000).optional(),
  filterPattern: z.string().optional(),
  nextToken: z.string().optional(),
});
const PAGE = 10_000;

export function logsService(lines: () => readonly LogLine[]): Service {
  return {
    name: "logs",
    protocol: awsJson("1.1"),
    operations: { FilterLogEvents: (call) => filterLogEvents(lines(), call) },
  };
}

function filterLogEvents(lines: readonly LogLine[], call: Call): object {
  const input = validated(FilterInput, call.params);
  if ((input.filterPattern ?? "") !== "") {
    throw new AwsError(
      "InvalidParameterException",
      "The sandbox does not implement logs:FilterLogEvents with a filterPattern.",
    );
  }
  const group = (line: LogLine): string => `/aws/lambda/${line.functionName}`;
  if (!lines.some((line) => group(line) === input.logGroupName)) {
    throw new AwsError("ResourceNotFoundException", "The specified log group does not exist.");
  }
  const found = lines
    .map((line, index) => ({ line, index }))
    .filter(({ line }) => group(line) === input.logGroupName)
    .filter(({ line }) => line.at >= (input.startTime ?? 0) && line.at <= (input.endTime ?? Infinity));
  const from = Number(input.nextToken ?? 0);
  const to = from + (input.limit ?? PAGE);
  return {
    events: found.slice(from, to).map(({ line, index }) => ({
      eventId: String(index),
      timestamp: line.at,
      ingestionTime: line.at,
      logStreamName: "sandbox",
      message: line.text,
    })),
    ...(to < found.length ? { nextToken: String(to) } : {}),
  };
}

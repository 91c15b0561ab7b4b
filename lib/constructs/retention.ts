import { RetentionDays } from "aws-cdk-lib/aws-logs";

const ALL = Object.values(RetentionDays).filter((day) => typeof day === "number");

/** The retention of so many days. @throws on a number that CloudWatch Logs does not have; settings are checked for it. */
export const retention = (days: number): RetentionDays => {
  const found = ALL.find((one) => one.valueOf() === days);
  if (found === undefined) throw new Error(`log groups cannot be kept for ${days} days`);
  return found;
};

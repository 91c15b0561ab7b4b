/** The account and region that the sandbox plays. */
export interface Place {
  readonly account: string;
  readonly region: string;
  readonly stackName: string;
}

export const SANDBOX_ACCOUNT = "000000000000";
export const SANDBOX_REGION = "us-east-1";

/** Every scenario; the fast ones first. */
import { adopted } from "./incidents/adopted.ts";
import { allNodesCrash } from "./incidents/all-nodes-crash.ts";
import { controllerKilledMidTick } from "./incidents/controller-killed-mid-tick.ts";
import { deployedAnew } from "./incidents/deployed-anew.ts";
import { drill } from "./incidents/drill.ts";
import { dynamodbDown } from "./incidents/dynamodb-down.ts";
import { ec2Down } from "./incidents/ec2-down.ts";
import { lambdaThrottled } from "./incidents/lambda-throttled.ts";
import { roleMissing } from "./incidents/role-missing.ts";
import { killedAgain } from "./incidents/killed-again.ts";
import { linkFlaps } from "./incidents/link-flaps.ts";
import { manualFailover } from "./incidents/manual-failover.ts";
import { nodeCrashes } from "./incidents/node-crashes.ts";
import { nodeCutOff } from "./incidents/node-cut-off.ts";
import { nodeReboots } from "./incidents/node-reboots.ts";
import { oneHostName } from "./incidents/one-host-name.ts";
import { orphanChildren } from "./incidents/orphan-children.ts";
import { schedulerHangs } from "./incidents/scheduler-hangs.ts";
import { schedulerKilled } from "./incidents/scheduler-killed.ts";
import { secondStartedByHand } from "./incidents/second-started-by-hand.ts";
import { sesDown } from "./incidents/ses-down.ts";
import { ssmDuplicate } from "./incidents/ssm-duplicate.ts";
import { ssmHangs } from "./incidents/ssm-hangs.ts";
import { ssmLate } from "./incidents/ssm-late.ts";
import { ssmThrottled } from "./incidents/ssm-throttled.ts";
import { strangerOnThePort } from "./incidents/stranger-on-the-port.ts";
import { startFails } from "./incidents/start-fails.ts";
import { twoClusters } from "./incidents/two-clusters.ts";
import { twoRunning } from "./incidents/two-running.ts";
import type { Scenario } from "./scenario.ts";

export const SCENARIOS: readonly Scenario[] = [
  adopted,
  twoRunning,
  schedulerKilled,
  manualFailover,
  drill,
  deployedAnew,
  nodeCrashes,
  nodeReboots,
  secondStartedByHand,
  startFails,
  orphanChildren,
  killedAgain,
  schedulerHangs,
  strangerOnThePort,
  oneHostName,
  ec2Down,
  sesDown,
  ssmThrottled,
  lambdaThrottled,
  roleMissing,
  twoClusters,
  ssmDuplicate,
  allNodesCrash,
  ssmLate,
  linkFlaps,
  dynamodbDown,
  ssmHangs,
  nodeCutOff,
  controllerKilledMidTick,
];

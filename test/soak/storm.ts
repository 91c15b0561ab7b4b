/** Random faults for a sandbox, the same ones in the same order for the same seed. */
import type { FaultName } from "../../lib/sandbox/faults/catalogue.ts";
import type { FaultRequest } from "../../lib/sandbox/faults/faults.ts";
import type { Random } from "../simulation/random.ts";

export interface Blow {
  readonly fault: FaultName;
  readonly request: FaultRequest;
  /** Seconds until the next one. */
  readonly pause: number;
}

interface Kind {
  readonly fault: FaultName;
  /** How often, beside the others. */
  readonly weight: number;
  /** Seconds that it lasts, at least and at most; absent: it is done at once. */
  readonly lasts?: readonly [number, number];
  readonly where?: readonly string[];
  readonly with?: (random: Random) => Readonly<Record<string, unknown>>;
}

const KINDS: readonly Kind[] = [
  { fault: "kill", weight: 4, where: ["active"] },
  { fault: "hang", weight: 3, where: ["active"], lasts: [10, 60] },
  { fault: "crash", weight: 3, where: ["active", "standby"], lasts: [15, 60] },
  { fault: "cut-off", weight: 3, where: ["active", "standby"], lasts: [10, 150] },
  { fault: "ssm-slow", weight: 1, lasts: [10, 30] },
  { fault: "ssm-late", weight: 2, lasts: [10, 40] },
  { fault: "ssm-duplicate", weight: 2, lasts: [10, 40] },
  { fault: "ssm-throttled", weight: 1, lasts: [5, 20] },
  { fault: "ssm-down", weight: 1, lasts: [5, 20], with: outage },
  { fault: "dynamodb-down", weight: 1, lasts: [5, 20], with: outage },
  { fault: "ec2-down", weight: 1, lasts: [5, 30], with: outage },
  { fault: "ses-down", weight: 1, lasts: [10, 60], with: outage },
  { fault: "lambda-throttled", weight: 1, lasts: [5, 110] },
  {
    fault: "lambda-killed-at",
    weight: 3,
    with: (random) => ({ nth: whole(random, 1, 8), when: random.pick(["before", "after"]) }),
  },
];

function outage(random: Random): Readonly<Record<string, unknown>> {
  return { mode: random.pick(["error", "drop", "hang"]) };
}

function whole(random: Random, least: number, most: number): number {
  return Math.floor(random.between(least, most + 1));
}

export function nextBlow(random: Random): Blow {
  let at = random.between(
    0,
    KINDS.reduce((sum, { weight }) => sum + weight, 0),
  );
  const kind = KINDS.find(({ weight }) => (at -= weight) < 0) ?? KINDS[0];
  if (kind === undefined) throw new Error("there are no faults");
  const node = kind.where && random.pick(kind.where);
  return {
    fault: kind.fault,
    request: {
      ...(node === undefined ? {} : { node }),
      ...(kind.lasts === undefined ? {} : { for: whole(random, ...kind.lasts) }),
      ...kind.with?.(random),
    },
    pause: whole(random, 3, 20),
  };
}

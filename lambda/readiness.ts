/**
 * CloudFormation's question before it moves the aliases to a new version: can this code start, and read every record?
 * A version that could not would let the grants run out, and the nodes stop healthy schedulers. Asked of the function
 * without an alias, whose code is the new version's; no answer in time is a no, too, and the deployment is taken back.
 */
import * as z from "zod/mini";
import { describeFailure } from "./adapters/failures.ts";
import type { Controller } from "./loop.ts";

const text = z.string().check(z.minLength(1));
/** As CloudFormation sends it to the provider of a custom resource; there are members beside these. */
const REQUEST = z.object({
  RequestType: z.enum(["Create", "Update", "Delete"]),
  ResponseURL: text,
  StackId: text,
  RequestId: text,
  LogicalResourceId: text,
  ResourceProperties: z.object({ Version: text }),
  OldResourceProperties: z.optional(z.object({ Version: text })),
});
type Request = z.infer<typeof REQUEST>;

/** What it gets back, by PUT to the URL that it gave. */
export interface Readiness {
  readonly Status: "SUCCESS" | "FAILED";
  readonly Reason: string;
  /** Always the same: another one would have CloudFormation delete the one before. */
  readonly PhysicalResourceId: "records-read";
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
}

export type Deliver = (url: string, readiness: Readiness) => Promise<void>;

/** Undefined: the event is no such question. */
export const readinessRequest = (event: unknown): Request | undefined => REQUEST.safeParse(event).data;

/** @throws what `deliver` throws: then CloudFormation waits in vain, and takes the deployment back. */
export async function answerReadiness(
  { ports, environment }: Controller,
  request: Request,
  deliver: Deliver = put,
): Promise<Readiness> {
  const { ResponseURL, StackId, RequestId, LogicalResourceId } = request;
  const clusters = isStepForward(request) ? Object.keys(environment.settings.clusters) : [];
  const obstacles = await Promise.all(clusters.map((cluster) => obstacleTo(ports, cluster)));
  const told = obstacles.filter((obstacle) => obstacle !== undefined);
  const readiness: Readiness = {
    Status: told.length === 0 ? "SUCCESS" : "FAILED",
    Reason:
      told.join("; ").slice(0, MOST_CHARACTERS) ||
      (clusters.length > 0 ? "Every record can be read." : "Nothing is to be asked."),
    PhysicalResourceId: "records-read",
    StackId,
    RequestId,
    LogicalResourceId,
  };
  ports.journal.write(told.length === 0 ? "info" : "error", "asked whether it is ready", {
    status: readiness.Status,
    reason: readiness.Reason,
  });
  await deliver(ResponseURL, readiness);
  return readiness;
}

/**
 * The way back is never refused, nor a deletion: what was there before is to be had again, whatever the records are.
 * Lambda counts its versions up, so that an older one is a deployment being taken back.
 */
const isStepForward = ({ RequestType, ResourceProperties, OldResourceProperties }: Request): boolean =>
  RequestType !== "Delete" &&
  !(Number(ResourceProperties.Version) < Number(OldResourceProperties?.Version ?? Number.NaN));

/** A record that is not there yet is none: the first tick makes it. */
async function obstacleTo({ store }: Controller["ports"], cluster: string): Promise<string | undefined> {
  try {
    await store.read(cluster);
    return undefined;
  } catch (error) {
    return `cluster ${cluster}: ${describeFailure(error)}`;
  }
}

const ANSWER_MILLISECONDS = 5_000;

/** CloudFormation takes no answer above 4 KB, and with many clusters there may be as many obstacles. */
const MOST_CHARACTERS = 2_000;

/** As bytes, so that no content type is sent: the URL's signature is without one. */
async function put(url: string, readiness: Readiness): Promise<void> {
  const reply = await fetch(url, {
    method: "PUT",
    body: new TextEncoder().encode(JSON.stringify(readiness)),
    signal: AbortSignal.timeout(ANSWER_MILLISECONDS),
  });
  if (!reply.ok) throw new Error(`CloudFormation did not take the answer: status ${reply.status}`);
}

import type * as z from "zod/mini";
import type { Ports } from "../../lib/core/ports.ts";
import type { Instant } from "../../lib/core/model.ts";
import type { Environment } from "../environment.ts";
import type { Fault } from "../validation.ts";
import type { Reply } from "./reply.ts";

/** The parts of the tick's world that actions use: they never send to nodes. */
export type ActionPorts = Pick<Ports, "store" | "alerts" | "journal" | "clock" | "ids">;

export interface ActionContext {
  readonly ports: ActionPorts;
  readonly environment: Environment;
  /** Of the package. */
  readonly version: string;
  /** Lambda's request id, which CloudTrail knows too. */
  readonly requestId: string;
}

/** One operator action. It does no long work: whatever takes time is a wish that the ticks carry out. */
export interface Action<Input = unknown> {
  /** `read`: only looks. `operate`: changes something, a mailbox included. */
  readonly access: "read" | "operate";
  /** One cluster, or the whole deployment. */
  readonly about: "cluster" | "deployment";
  /** Its own fields; `action` and `cluster` are everybody's. */
  readonly fields: Readonly<Record<string, z.ZodMiniType>>;
  /** What is wrong with them beyond their types; told together with that. */
  faults?(event: Readonly<Record<string, unknown>>, now: Instant): readonly Fault[];
  run(context: ActionContext, cluster: string, input: Input): Promise<Reply>;
}

/**
 * The parts of the Lambda's replies that the program reads. Whatever is beyond them is handed on as it is; a reply that
 * lacks them comes from another version, and is said so instead of being guessed at.
 */
import { z } from "zod";
import type { Answer } from "../../lambda/actions/reply.ts";
import { parseInstant } from "../core/instants.ts";
import type { Instant } from "../core/model.ts";
import { CommandError } from "./io.ts";

const time = z.string().nullable().default(null);

const proof = z.looseObject({ kind: z.string(), words: z.string().default("") });

const nodeSchema = z.looseObject({
  id: z.string(),
  role: z.string().default("standby"),
  state: z.string(),
  since: time,
  stopBy: z.string().default("ever"),
  proof: proof.nullable().default(null),
  guard: z.string().default("none"),
  gate: z.string().default("none"),
  grantUntil: time,
  instance: z.string().default("unknown"),
  restarts: z.number().default(0),
  health: z.looseObject({ code: z.number(), body: z.string() }).nullable().default(null),
  reason: z.string().default(""),
  log: z.string().default(""),
  /** Of the machine; only `inspect` tells them, and versions before this one do not. */
  facts: z
    .looseObject({
      systemd: z.number(),
      restart: z.string(),
      enabled: z.string(),
      predecessor: z.number(),
      predecessorAtBoot: z.boolean().default(false),
      agentFolders: z.number().optional(),
    })
    .nullable()
    .default(null),
  /** The node's clock less the controller's, when its answer was read; only `inspect` tells it. */
  clockDifferenceSeconds: z.number().nullable().default(null),
  reportedAt: time,
  reportAgeSeconds: z.number().nullable().default(null),
  silentSince: time,
});

const wishSchema = z.looseObject({
  id: z.string(),
  action: z.string(),
  phase: z.string(),
  to: z.string().optional(),
  by: z.string().default("unknown"),
  reason: z.string().default(""),
  sentence: z.string().optional(),
  at: time,
  notBefore: time,
  /** A switchover that is one way of a drill. */
  drill: z.looseObject({ leg: z.string(), begunAt: time }).optional(),
});

const entrySchema = z.looseObject({
  at: time,
  token: z.number().default(0),
  code: z.string(),
  sentence: z.string(),
  active: z.string().optional(),
  from: z.string().optional(),
  by: z.string().optional(),
  reason: z.string().optional(),
  gapSeconds: z.number().optional(),
  drill: z.looseObject({ seconds: z.number(), gapSeconds: z.number() }).optional(),
  proofs: z.record(z.string(), proof).default({}),
});

const statusSchema = z.looseObject({
  recorded: z.boolean(),
  phase: z.string().default("looking"),
  since: time,
  active: z.string().nullable().default(null),
  downSince: time,
  nodes: z.array(nodeSchema).default([]),
  problem: z.looseObject({ code: z.string(), sentence: z.string(), since: time }).nullable().default(null),
  /** What is not as it should be, and no problem of the ticks. */
  warnings: z.array(z.string()).default([]),
  request: wishSchema.nullable().default(null),
  /** How an operator has changed the ticks; absent from versions that know no such thing. */
  steering: z
    .looseObject({
      kind: z.string(),
      since: time,
      by: z.string().default(""),
      reason: z.string().default(""),
    })
    .nullish(),
  excluded: z.array(z.string()).default([]),
  lastTransition: entrySchema.nullable().default(null),
  newsWaiting: z.number().default(0),
  tickedAt: time,
  dueAt: time,
});

export type NodeView = z.output<typeof nodeSchema>;
export type WishView = z.output<typeof wishSchema>;
export type EntryView = z.output<typeof entrySchema>;
export type StatusView = z.output<typeof statusSchema>;

export interface Status {
  readonly cluster: string;
  readonly code: string;
  readonly sentence: string;
  readonly view: StatusView;
}

export function readStatus(answer: Answer): Status {
  const { cluster = "", code, sentence } = answer;
  return { cluster, code, sentence, view: read(statusSchema, answer) };
}

export function readEntries(answer: Answer): readonly EntryView[] {
  return read(z.looseObject({ entries: z.array(entrySchema) }), answer).entries;
}

export function readWish(answer: Answer): WishView {
  return read(wishSchema, answer);
}

const deployedSchema = z.looseObject({
  tag: z.looseObject({ key: z.string(), value: z.string() }).nullable(),
  instanceIds: z.array(z.string()).nullable(),
  profile: z.string().nullable(),
  unit: z.string().nullable(),
});

/** What a cluster's settings look for, as they are deployed. */
export type DeployedView = z.output<typeof deployedSchema>;

/** Undefined from versions that do not tell it. */
export function readDeployed(answer: Answer): DeployedView | undefined {
  return read(z.looseObject({ deployed: deployedSchema.nullish() }), answer).deployed ?? undefined;
}

/** The nodes of an answer that has some. */
export function readNodes(answer: Answer): readonly NodeView[] {
  return read(z.looseObject({ nodes: z.array(nodeSchema) }), answer).nodes;
}

const whySchema = z.looseObject({
  waitsFor: z.array(z.string()),
  steering: z.looseObject({ kind: z.string(), by: z.string(), reason: z.string() }).nullable().default(null),
  nodes: z.array(
    z.looseObject({
      id: z.string(),
      role: z.string(),
      proof: proof.nullable(),
      missing: z.string().nullable(),
      whyNot: z.string().nullable(),
    }),
  ),
  limits: z.looseObject({
    restarts: z.number(),
    restartLimit: z.number(),
    attempts: z.number(),
    retryAt: time,
    movesWithinHour: z.number(),
    failoversPerHour: z.number(),
    cooldownSecondsLeft: z.number(),
  }),
});

export type WhyView = z.output<typeof whySchema>;

export function readWhy(answer: Answer): WhyView {
  return read(whySchema, answer);
}

export function readClusters(answer: Answer): {
  readonly version: string;
  readonly clusters: readonly string[];
  /** Versions before this one do not tell it. */
  readonly settingsHash?: string | undefined;
} {
  const schema = z.looseObject({
    version: z.string(),
    clusters: z.array(z.string()),
    settingsHash: z.string().optional(),
  });
  return read(schema, answer);
}

function read<S extends z.ZodType>(schema: S, { action, data }: Answer): z.output<S> {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map(({ path }) => path.join(".") || "data").join(", ");
  throw new CommandError(
    `The answer to ${action} is not what this version of the program reads (${where}): --json shows it as it is; \`version\` compares the versions.`,
  );
}

/** RFC 3339 to an instant; undefined where there is none. */
export function instantOf(text: string | null | undefined): Instant | undefined {
  return typeof text === "string" ? parseInstant(text) : undefined;
}

/** The kinds of field that settings are made of: each is checked by itself and says in one sentence what it must be. */
import { z } from "zod";

/** The days for which CloudWatch Logs can keep a log group (PutRetentionPolicy accepts no others). */
export const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

/** Run Command takes at most 50 instance ids in one call. */
const MAX_NODES = 50;
/** SES takes at most 50 recipients in one mail. */
export const MAX_RECIPIENTS = 50;

const INSTANCE_ID = /^i-[0-9a-f]{8}([0-9a-f]{9})?$/;
export const CLUSTER_NAME = /^[a-z][a-z0-9-]{0,31}$/;
/** 7-bit, since SES refuses anything else, and no characters with which a header or a list could be forged. */
export const ADDRESS =
  /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$/;
export const DOMAIN = /^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$/;
export const TOPIC_ARN = /^arn:aws(-[a-z]+)*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/;
export const EVENT_BUS = /^[A-Za-z0-9._-]{1,256}$/;
/** The characters that AWS allows in tags of every service: no `*` or `?`, which EC2's filters read as wildcards. */
export const TAG_KEY = /^[\p{L}\p{N} _.:/=+@-]{1,128}$/u;
export const TAG_VALUE = /^[\p{L}\p{N} _.:/=+@-]{1,256}$/u;
export const UNIT = /^[A-Za-z0-9:_.@\\-]{1,240}\.service$/;
export const ABSOLUTE_PATH = /^\/[A-Za-z0-9_.,:@%+=/-]{1,254}$/;
export const USER = /^[a-z_][a-z0-9_-]{0,31}$/;
/** No control characters: the value becomes part of one line, of a mail's header or of a node's script. */
export const ONE_LINE = /^[^\p{Cc}\u2028\u2029]+$/u;

export const whole = (from: number, to: number, unit: string, description: string) => {
  const error = `must be a whole number of ${unit} from ${from} to ${to}`;
  return z.int({ error }).min(from, { error }).max(to, { error }).describe(description);
};
export const text = (pattern: RegExp, rule: string, description: string) =>
  z.string({ error: rule }).regex(pattern, { error: rule }).describe(description);
export const oneOf = <const T extends readonly string[]>(values: T, description: string) =>
  z.enum(values, { error: `must be one of ${values.join(", ")}` }).describe(description);
export const yesOrNo = (description: string) =>
  z.boolean({ error: "must be true or false" }).describe(description);
export const section = <S extends z.core.$ZodLooseShape>(shape: S, description: string) =>
  z
    .strictObject(shape, { error: `must be a map with the settings ${Object.keys(shape).join(", ")}` })
    .describe(description);

/** A line of shell that is baked into the node's document. */
export const command = (description: string) =>
  z
    .string({ error: "must be a command on one line" })
    .regex(ONE_LINE, { error: "must be a command on one line, without control characters" })
    .max(1000, { error: "must be at most 1000 characters: put what is longer into a script on the nodes" })
    .refine((value) => !value.includes("{{"), {
      error: "must not contain {{, which Run Command replaces: put the command into a script on the nodes",
    })
    .describe(description);

export const instanceIds = (description: string) => {
  const rule = "must be an EC2 instance id such as i-0123456789abcdef0";
  const list = `must be a list of at most ${MAX_NODES} EC2 instance ids`;
  return z
    .array(z.string({ error: rule }).regex(INSTANCE_ID, { error: rule }), { error: list })
    .max(MAX_NODES, { error: list })
    .refine((ids) => new Set(ids).size === ids.length, { error: "must name each instance once" })
    .describe(description);
};

/** One conditional write, and who won it where the answer was lost. */
import type { ClusterRecord } from "../lib/core/model.ts";
import type { Expected, Ports } from "../lib/core/ports.ts";

/**
 * Whether the record now is the one given. Where no answer came, a consistent read tells by the nonce, which is made
 * for this one attempt. A write that was not seen there may still be applied later: then it is a plan that nobody
 * sent, and its token is not used again, since whoever writes next reads the record anew.
 */
export async function writeRecord(
  ports: Ports,
  next: ClusterRecord,
  expected: Expected,
  wish: string | undefined,
): Promise<boolean> {
  const outcome = await ports.store.write(next, expected, wish);
  if (outcome !== "unclear") return outcome === "written";
  const found = await ports.store.read(next.cluster);
  return found?.token === next.token && found.nonce === next.nonce;
}

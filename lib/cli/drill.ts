/** A rehearsal: there and back by two switchovers, measured by the history's own figures. */
import type { ExitCode } from "./io.ts";
import { table, wrap } from "./render.ts";
import type { Session } from "./session.ts";
import type { WishOptions } from "./tool.ts";
import { makeWish } from "./wish.ts";

interface Leg {
  readonly name: string;
  readonly to: string | undefined;
}

interface Measured {
  readonly leg: string;
  readonly node: string;
  readonly seconds: number;
  readonly gapSeconds: number | undefined;
}

/** Ends after the way there where that fails: the controller itself has gone back, or says why not. */
export async function drill(
  session: Session,
  options: WishOptions & { readonly to?: string },
): Promise<ExitCode> {
  const home = (await session.status()).view.active ?? undefined;
  const measured: Measured[] = [];
  for (const leg of [
    { name: "there", to: options.to },
    { name: "back", to: home },
  ]) {
    const code = await move(session, options, leg, measured);
    if (code !== 0) {
      session.io.err(
        wrap(`The drill ended with the way ${leg.name}: \`status\` and \`history\` say how it stands.`),
      );
      return code;
    }
  }
  if (session.options.json === true) session.io.out(JSON.stringify({ drill: measured }, undefined, 2));
  session.out(render(measured));
  return 0;
}

async function move(
  session: Session,
  options: WishOptions,
  { name, to }: Leg,
  measured: Measured[],
): Promise<ExitCode> {
  const { io } = session;
  const begun = io.now();
  const key = options.key === undefined ? {} : { key: `${options.key}.${name}` };
  const reason = `drill, the way ${name}${options.reason === undefined ? "" : `: ${options.reason}`}`;
  const code = await makeWish(session, "switchover", { ...options, ...key, reason, wait: true }, { to });
  if (code !== 0) return code;
  const node = (await session.status()).view.active ?? "none";
  const moved = (await session.entries(ENTRIES)).find(
    ({ gapSeconds, from }) => gapSeconds !== undefined && from !== undefined,
  );
  measured.push({
    leg: name,
    node,
    seconds: Math.round((io.now() - begun) / 1_000),
    gapSeconds: moved?.gapSeconds,
  });
  return 0;
}

/** A move takes fewer entries than this. */
const ENTRIES = 20;

function render(measured: readonly Measured[]): string {
  const rows = measured.map(({ leg, node, seconds, gapSeconds }) => [
    leg,
    node,
    `${seconds} s`,
    gapSeconds === undefined ? "not told" : `${gapSeconds} s`,
  ]);
  return table([["way", "node", "settled after", "without a scheduler"], ...rows]);
}

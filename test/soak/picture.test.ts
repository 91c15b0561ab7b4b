import { describe, expect, it } from "vitest";
import { drawPicture } from "./picture.ts";

const MINUTE = 60_000;
const FROM = 1_800_000_000_000;
const FAULTS = 24;

/** A fault every five minutes of two hours, half of which one scheduler runs for. */
const TO = FROM + 2 * 60 * MINUTE;
const events = Array.from({ length: FAULTS }, (_, index) => ({
  at: FROM + (index + 0.5) * 5 * MINUTE,
  kind: "fault" as const,
  text: `fault ${index}.`,
  data: { fault: "kill" },
}));
const lanes = [
  {
    node: "i-1",
    runs: [{ pid: 7, hangs: false, from: FROM, to: FROM + 60 * MINUTE }],
    conditions: [{ condition: "up" as const, from: FROM, to: TO }],
  },
];

describe("the picture of a soak", () => {
  it("has a strip for each half hour, one below the other, and every fault on one of them", async () => {
    const picture = await drawPicture({ lanes, events, nodes: [{ id: "i-1", name: "node-1" }] }, FROM, TO);
    const strips = picture.split('role="img"').slice(1);
    expect(strips).toHaveLength(4);
    const heights = [...picture.matchAll(/ y="(\d+)"><defs/gu)].map(([, y]) => Number(y));
    expect(heights).toEqual(heights.toSorted((one, other) => one - other));
    expect(new Set(heights).size).toBe(4);
    for (const { text } of events) expect(picture.split(text)).toHaveLength(2);
  });

  it("shows the scheduler where it ran, and nowhere else", async () => {
    const picture = await drawPicture({ lanes, events, nodes: [] }, FROM, TO);
    const runs = picture
      .split('role="img"')
      .slice(1)
      .map((strip) => strip.split('class="run"').length - 1);
    expect(runs).toEqual([1, 1, 0, 0]);
  });
});

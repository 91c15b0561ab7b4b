/** The measured times as a picture: seen, acted, and beside them the predecessor's. */
import type { Measured } from "./incidents.ts";
import { PREDECESSOR } from "./predecessor.ts";

const WIDTH = 860;
const LEFT = 120;
const RIGHT = 60;
const TOP = 54;
const ROW = 52;
const MOST_SECONDS = 180;
/** Class, words, place. */
const LEGEND = [
  ["seen", "the controller has said so", 24],
  ["acted", "one scheduler works again", 234],
  ["old", "predecessor", 448],
  ["two", "predecessor: two schedulers at once", 566],
] as const;

export function plot(measured: readonly Measured[]): string {
  const height = TOP + ROW * measured.length + 34;
  const x = (seconds: number): number =>
    Math.round(LEFT + ((WIDTH - LEFT - RIGHT) * Math.min(seconds, MOST_SECONDS)) / MOST_SECONDS);
  const axis = [0, 30, 60, 90, 120, 150, 180].flatMap((seconds) => [
    `<line class="grid" x1="${x(seconds)}" x2="${x(seconds)}" y1="${TOP - 8}" y2="${height - 26}"/>`,
    `<text class="dim" x="${x(seconds)}" y="${height - 10}" text-anchor="middle">${seconds} s</text>`,
  ]);
  const rows = measured.flatMap(({ name, detection, total }, index) => {
    const y = TOP + ROW * index;
    const old = PREDECESSOR[name];
    return [
      `<text x="${LEFT - 12}" y="${y + 20}" text-anchor="end" class="name">${name}</text>`,
      bar("seen", x(0), x(detection), y + 2, 16),
      bar("acted", x(detection), x(total), y + 2, 16),
      `<text x="${x(total) + 7}" y="${y + 15}">${total.toFixed(1)} s</text>`,
      ...(old?.seconds === undefined ? [] : [bar(old.two ? "two" : "old", x(0), x(old.seconds), y + 22, 10)]),
      `<text class="dim small" x="${x(old?.seconds ?? 0) + 7}" y="${y + 31}">${old?.words ?? "not there"}</text>`,
    ];
  });
  const legend = LEGEND.map(
    ([kind, words, at]) =>
      `<rect class="${kind}" x="${at}" y="14" width="12" height="12" rx="2"/><text x="${at + 18}" y="24">${words}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Seconds until one scheduler works again">
<style>${STYLE}</style>
<rect class="ground" width="${WIDTH}" height="${height}" rx="8"/>
${[...legend, ...axis, ...rows].join("\n")}
</svg>
`;
}

function bar(kind: string, from: number, to: number, y: number, height: number): string {
  return `<rect class="${kind}" x="${from.toFixed(1)}" y="${y}" width="${Math.max(1, to - from).toFixed(1)}" height="${height}" rx="2"/>`;
}

const STYLE = `
text { font: 12.5px system-ui, sans-serif; fill: #1a2129; }
.name { font-weight: 600; } .dim { fill: #5a6672; } .small { font-size: 11px; }
.ground { fill: #fff; } .grid { stroke: #dde2e8; }
.seen { fill: #7fb0ff; } .acted { fill: #0f766e; } .old { fill: #b8c1cb; } .two { fill: #c81e1e; }
@media (prefers-color-scheme: dark) {
  text { fill: #e7ecf1; } .dim { fill: #95a3b1; } .ground { fill: #161c22; } .grid { stroke: #2a343e; }
  .acted { fill: #2dd4bf; } .old { fill: #5a6672; } .two { fill: #f87171; }
}`;

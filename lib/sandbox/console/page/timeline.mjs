/**
 * The timeline: a lane for each node with the schedulers that really ran there, above them whether it was exactly one,
 * and between the lanes what was broken and what the controller did.
 */
import { clock, h, lasting, svg } from "./dom.mjs";

const MINUTES = [2, 5, 15, 30];
const LABEL_WIDTH = 86;
const NARROW_LABEL_WIDTH = 58;
const NARROW = 560;
const RIGHT = 12;
const MARK_ROW = 17;
const SUMMARY_HEIGHT = 9;
const LANE_HEIGHT = 34;
const LANE_GAP = 8;
const AXIS_HEIGHT = 22;
/** Of a label's letter, in pixels: as good as measuring it, for deciding which labels fit. */
const LETTER = 7.4;
const SHORTEST = 60_000;
const STEPS = [10, 15, 30, 60, 120, 300];

export function makeTimeline(root, choice) {
  let minutes = Number(localStorage.getItem("minutes")) || 5;
  const buttons = MINUTES.map((each) =>
    h("button", { type: "button", onclick: () => choose(each) }, `${each} min`),
  );
  choice.append(...buttons);
  function choose(each) {
    minutes = each;
    localStorage.setItem("minutes", String(each));
    for (const [index, button] of buttons.entries()) button.ariaPressed = String(MINUTES[index] === each);
  }
  choose(MINUTES.includes(minutes) ? minutes : 5);
  let drawnAt = 0;
  return (view, now) => {
    // Twice a second is smooth enough for a picture that crawls.
    if (Math.abs(now - drawnAt) < 450) return;
    drawnAt = now;
    root.replaceChildren(draw(view, now, minutes * 60_000, root.clientWidth));
  };
}

export function draw(told, now, length, width) {
  const view = { ...told, lanes: told.lanes.map((lane) => untilNow(lane, now)) };
  const left = width < NARROW ? NARROW_LABEL_WIDTH : LABEL_WIDTH;
  const inner = Math.max(50, width - left - RIGHT);
  const from = Math.max(now - length, Math.min(begun(view.lanes) - 3_000, now - SHORTEST));
  const x = (at) => left + (Math.min(Math.max(at, from), now) - from) * (inner / (now - from));
  const faults = arrange(marksOf(view.events, ["fault"], from), x, width, 2);
  const news = arrange(marksOf(view.events, ["transition", "mail"], from), x, width, 3);
  const top = MARK_ROW * Math.max(1, faults.rows) + 6;
  const laneTop = (index) => top + SUMMARY_HEIGHT + LANE_GAP + index * (LANE_HEIGHT + LANE_GAP);
  const newsTop = laneTop(view.lanes.length) + 2;
  const axis = newsTop + MARK_ROW * Math.max(1, news.rows) + 4;
  const height = axis + AXIS_HEIGHT;
  const picture = svg("svg", {
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: "img",
    "aria-label": inWords(view, now, length),
  });
  picture.append(patterns(), ...grid(from, now, x, top, axis, width));
  for (const { at } of faults.marks)
    picture.append(svg("line", { class: "fault-line", x1: x(at), x2: x(at), y1: top - 5, y2: newsTop }));
  picture.append(
    label(left, top + SUMMARY_HEIGHT, width < NARROW ? "all" : "schedulers", "dim"),
    ...summary(view.lanes, from, now, x, top),
  );
  for (const [index, lane] of view.lanes.entries())
    picture.append(...drawLane(lane, view, laneTop(index), { from, x, left }));
  picture.append(...drawMarks(faults, x, (row) => top - 8 - MARK_ROW * row, "down"));
  picture.append(...drawMarks(news, x, (row) => newsTop + 12 + MARK_ROW * row, "up"));
  return picture;
}

/** What the newest look has found goes on: the next look may find it over. */
function untilNow({ node, runs, conditions }, now) {
  const newest = Math.max(...conditions.map(({ to }) => to));
  const drawn = (span) => (span.to >= newest ? { ...span, to: now } : span);
  return { node, runs: runs.map(drawn), conditions: conditions.map(drawn) };
}

/** The first look: an empty picture of the time before it would tell nothing. */
function begun(lanes) {
  return Math.min(...lanes.flatMap(({ conditions }) => conditions.map((span) => span.from)));
}

function label(left, y, text, kind = "") {
  return svg("text", { x: left - 10, y, class: `lane-label ${kind}`, "text-anchor": "end" }, text);
}

// Lanes.

function drawLane({ node, runs, conditions }, { nodes }, y, { from, x, left }) {
  const name = nodes.find(({ id }) => id === node)?.name ?? node;
  const box = (kind, span, inset, title) => {
    const width = x(span.to) - x(span.from);
    return svg(
      "rect",
      {
        class: kind,
        x: x(span.from),
        y: y + inset,
        width: Math.max(width, 1),
        height: LANE_HEIGHT - 2 * inset,
        rx: inset === 0 ? 3 : 5,
      },
      svg("title", {}, title),
    );
  };
  const seen = (span) => span.to > from;
  return [
    label(left, y + LANE_HEIGHT / 2 + 4, name),
    ...conditions
      .filter(seen)
      .map((span) =>
        box(`condition ${span.condition}`, span, 0, `${name}: ${span.condition}, from ${clock(span.from)}`),
      ),
    ...runs.filter(seen).flatMap((span) => {
      const title = `scheduler ${span.pid} on ${name}${span.hangs ? " hangs" : ""}: ${clock(span.from)} to ${clock(span.to)}, ${lasting(span.to - span.from)}`;
      const room = x(span.to) - x(span.from);
      const text = `pid ${span.pid}`;
      const words =
        room > text.length * LETTER + 12
          ? [svg("text", { class: "run-label", x: x(span.from) + 8, y: y + LANE_HEIGHT / 2 + 4 }, text)]
          : [];
      return [box(span.hangs ? "run hangs" : "run", span, 6, title), ...words];
    }),
  ];
}

/** How many schedulers there were, from the first look on. */
function summary(lanes, from, now, x, y) {
  const edges = lanes
    .flatMap(({ runs }) =>
      runs.flatMap((run) => [
        { at: run.from, all: 1, working: run.hangs ? 0 : 1 },
        { at: run.to, all: -1, working: run.hangs ? 0 : -1 },
      ]),
    )
    .toSorted((one, other) => one.at - other.at || one.all - other.all);
  const first = Math.min(begun(lanes), now);
  const parts = [];
  let [all, working, at] = [0, 0, first];
  const until = (next) => {
    if (next > from && next > at) {
      const kind = all > 1 ? "two" : working === 1 ? "one" : "none";
      parts.push(
        svg(
          "rect",
          { class: `sum ${kind}`, x: x(at), y, width: x(next) - x(at), height: SUMMARY_HEIGHT },
          svg("title", {}, `${kind === "none" ? "nobody works" : kind}: ${lasting(next - at)}`),
        ),
      );
    }
    at = next;
  };
  for (const edge of edges) {
    until(edge.at);
    all += edge.all;
    working += edge.working;
  }
  until(now);
  return parts;
}

// Marks: what was broken, what was decided, what was mailed.

function marksOf(events, kinds, from) {
  return events
    .filter(({ kind, at }) => kinds.includes(kind) && at > from)
    .map(({ kind, at, text, data }) => ({ at, kind, text, label: markLabel(kind, text, data) }));
}

function markLabel(kind, text, data) {
  if (kind === "mail") return "mail";
  if (kind === "fault")
    return text.startsWith(`${data?.fault} is over`) ? `${data.fault} over` : (data?.fault ?? text);
  return data?.code ?? text;
}

/** Gives each mark the first row in which its label has room; where there is none, the last row, without its label. */
function arrange(marks, x, width, most) {
  const ends = [];
  const placed = marks.map((mark) => {
    const room = mark.label.length * LETTER + 16;
    const isLate = x(mark.at) + room > width;
    const start = isLate ? x(mark.at) - room + 6 : x(mark.at) - 6;
    for (let row = 0; row < most; row++) {
      if ((ends[row] ?? -Infinity) > start) continue;
      ends[row] = start + room;
      return { ...mark, row, side: isLate ? "left" : "right" };
    }
    return { ...mark, row: most, side: "none" };
  });
  return { marks: placed, rows: Math.max(0, ...placed.map(({ row }) => row + 1)) };
}

function drawMarks({ marks }, x, y, direction) {
  return marks.map(({ at, kind, text, label, row, side }) => {
    const [cx, cy] = [x(at), y(row)];
    const shape =
      direction === "down"
        ? svg("path", { d: `M${cx - 4.5},${cy - 7} h9 l-4.5,8 z` })
        : kind === "mail"
          ? svg("rect", { x: cx - 4.5, y: cy - 7, width: 9, height: 7, rx: 1.5 })
          : svg("circle", { cx, cy: cy - 3.5, r: 4 });
    const anchor =
      side === "left" ? { x: cx - 8, "text-anchor": "end" } : { x: cx + 8, "text-anchor": "start" };
    const words = side === "none" ? [] : [svg("text", { ...anchor, y: cy }, label)];
    return svg("g", { class: `mark ${kind}` }, svg("title", {}, `${clock(at)} ${text}`), shape, ...words);
  });
}

// The rest.

function grid(from, now, x, top, axis, width) {
  const wanted = width / 92;
  const step = 1000 * (STEPS.find((seconds) => (now - from) / (seconds * 1000) <= wanted) ?? 600);
  const parts = [];
  for (let at = Math.ceil(from / step) * step; at <= now; at += step) {
    parts.push(svg("line", { class: "grid", x1: x(at), x2: x(at), y1: top - 4, y2: axis }));
    if (x(at) < width - 30)
      parts.push(svg("text", { class: "axis", x: x(at), y: axis + 15, "text-anchor": "middle" }, clock(at)));
  }
  return parts;
}

function patterns() {
  const stripes = (id, kind) =>
    svg(
      "pattern",
      { id, width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      svg("rect", { class: `${kind} ground`, width: 7, height: 7 }),
      svg("rect", { class: `${kind} stripe`, width: 3, height: 7 }),
    );
  return svg(
    "defs",
    {},
    stripes("stripes-hang", "hang"),
    stripes("stripes-cut", "cut"),
    stripes("stripes-off", "off"),
  );
}

function inWords({ lanes, nodes, events }, now, length) {
  const runs = lanes.map(({ node, runs: all }) => {
    const recent = all.filter(({ to }) => to > now - length);
    return `${nodes.find(({ id }) => id === node)?.name ?? node}: ${recent.length} runs`;
  });
  const faults = events.filter(({ kind, at }) => kind === "fault" && at > now - length).length;
  return `Who ran when in the last ${lasting(length)}: ${runs.join(", ")}; ${faults} faults. The list of what happened says the same in words.`;
}

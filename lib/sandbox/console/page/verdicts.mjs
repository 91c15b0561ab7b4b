/** Is it running, where, since when: one line for each cluster, and the figures that must be 0. */
import { count, h, lasting, say } from "./dom.mjs";

export function makeVerdicts(root) {
  const clusters = new Map();
  const figures = makeFigures();
  const list = h("div", { class: "verdict-list" });
  root.append(list, figures.element);
  return (view, now) => {
    const names = view.clusters.length > 0 ? view.clusters : [undefined];
    for (const status of names) {
      const name = status?.cluster ?? "";
      if (name !== "" && clusters.has("")) {
        clusters.get("").element.remove();
        clusters.delete("");
      }
      const shown = clusters.get(name) ?? makeVerdict(list);
      clusters.set(name, shown);
      shown.update(view, status, now, names.length > 1);
    }
    figures.update(view);
  };
}

function makeVerdict(root) {
  const title = h("strong", { class: "verdict-title" });
  const since = h("span", { class: "dim" });
  const sentence = h("p", { class: "verdict-says" });
  const element = h(
    "article",
    { class: "verdict" },
    h("i", { class: "lamp" }),
    h("div", {}, h("h2", {}, title, " ", since), sentence),
  );
  root.append(element);
  const update = (view, status, now, several) => {
    const { state, words, from } = judge(view, status);
    element.dataset.state = state;
    say(title, `${several ? `${status.cluster}: ` : ""}${words}`);
    say(since, from === undefined ? "" : `for ${lasting(now - from)}`);
    say(sentence, status === undefined ? "The controller has not looked yet." : says(status));
  };
  return { element, update };
}

function says({ code, sentence, fault, data }) {
  if (fault !== undefined) return `The status is not to be had: ${fault}`;
  const problem = data.problem ? `${data.problem.sentence} ` : "";
  return problem.includes(sentence) ? problem : `${problem}${sentence}  (${code})`;
}

/** By the processes themselves; what the controller believes stands beside it. */
function judge({ nodes, lanes }, status) {
  const ids = status?.data.nodes?.map(({ id }) => id);
  const own = ids === undefined ? nodes : nodes.filter(({ id }) => ids.includes(id));
  const running = own.flatMap((node) => node.schedulers.map((scheduler) => ({ ...scheduler, node })));
  const [first, ...more] = running;
  if (first === undefined) {
    const ends = lanes
      .filter(({ node }) => own.some(({ id }) => id === node))
      .flatMap(({ runs }) => runs.map(({ to }) => to));
    return {
      state: "none",
      words: "No scheduler runs",
      from: ends.length === 0 ? undefined : Math.max(...ends),
    };
  }
  if (more.length > 0) return { state: "two", words: `${running.length} schedulers run at once` };
  const runs =
    lanes.find(({ node }) => node === first.node.id)?.runs.filter(({ pid }) => pid === first.pid) ?? [];
  const run = first.stopped ? runs.at(-1) : runs[0];
  if (first.stopped)
    return { state: "hangs", words: `The scheduler on ${first.node.name} hangs`, from: run?.from };
  return { state: "one", words: `One scheduler runs, on ${first.node.name}`, from: run?.from };
}

function makeFigures() {
  const cell = (label) => {
    const value = h("dd", {});
    return { value, element: h("div", {}, h("dt", {}, label), value) };
  };
  const cells = {
    two: cell("two schedulers"),
    doubles: cell("handed out twice"),
    tasks: cell("tasks"),
    gap: cell("longest gap"),
  };
  const element = h("dl", { class: "figures" }, ...Object.values(cells).map((one) => one.element));
  const update = ({ secondsOfTwo, ledger }) => {
    say(cells.two.value, `${secondsOfTwo.toFixed(1)} s`);
    say(cells.doubles.value, count(ledger.doubleHandOuts));
    say(cells.tasks.value, count(ledger.tasks));
    say(cells.gap.value, `${ledger.longestGapSeconds.toFixed(1)} s`);
    cells.two.element.dataset.bad = String(secondsOfTwo > 0);
    cells.doubles.element.dataset.bad = String(ledger.doubleHandOuts > 0);
  };
  return { element, update };
}

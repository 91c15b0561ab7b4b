/** The panels that only show: record, what happened, mailbox, event bus, ledger. */
import { clock, count, h, lasting, say, show } from "./dom.mjs";

export function makeRecords(root) {
  const cards = new Map();
  return (view, now) => {
    for (const status of view.clusters) {
      const card = cards.get(status.cluster) ?? makeRecord(status.cluster);
      if (!cards.has(status.cluster)) root.append(card.element);
      cards.set(status.cluster, card);
      card.update(status, view, now);
    }
  };
}

const ROWS = [
  "phase",
  "active node",
  "token",
  "plan",
  "lease",
  "problem",
  "operator's wish",
  "steering",
  "why",
  "news to tell",
  "last transition",
];

function makeRecord(cluster) {
  const values = new Map(ROWS.map((label) => [label, h("dd", {})]));
  const list = h("dl", { class: "facts wide" });
  for (const [label, value] of values) list.append(h("dt", {}, label), value);
  const age = h("span", { class: "dim" });
  const element = h(
    "section",
    { class: "card", "aria-label": `Record of ${cluster}` },
    h("div", { class: "card-head" }, h("h2", {}, "Record ", h("code", {}, cluster)), age),
    list,
  );
  const update = (status, view, now) => {
    const { data, at, fault } = status;
    say(age, fault ?? `as status says it, ${lasting(now - at)} ago`);
    for (const [label, value] of values) say(value, ROW_TEXTS[label](data, status, view, now));
  };
  return { element, update };
}

const nameOf = ({ nodes }, id) => {
  const name = nodes.find((node) => node.id === id)?.name;
  return name === undefined ? (id ?? "none") : `${name} (${id})`;
};
const ago = (at, now) => (at ? `${lasting(now - Date.parse(at))} ago` : "never");

const ROW_TEXTS = {
  phase: ({ phase, since }, _, __, now) =>
    phase === undefined ? "none yet" : `${phase}, since ${ago(since, now)}`,
  "active node": ({ active, from }, _, view) =>
    `${nameOf(view, active ?? undefined)}${from ? `, before ${nameOf(view, from)}` : ""}`,
  token: ({ plan }) => (plan === undefined ? "" : String(plan.token)),
  plan: ({ plan }, _, __, now) =>
    plan === undefined
      ? ""
      : `${plan.mode} there, ${plan.others} elsewhere, until ${lasting(Date.parse(plan.until) - now)} from now`,
  lease: ({ lease }) => (lease === undefined ? "" : lease.held ? `held by ${lease.holder}` : "free"),
  problem: ({ problem }, _, __, now) =>
    problem ? `${problem.code}, since ${ago(problem.since, now)}: ${problem.sentence}` : "none",
  "operator's wish": ({ request }) =>
    request
      ? `${request.action} by ${request.by}: ${request.phase}. ${request.sentence ?? request.reason}`
      : "none",
  steering: ({ steering }) =>
    steering ? `${steering.kind} by ${steering.by}: ${steering.reason}` : "as the settings say",
  why: (_, { code, sentence }) => (code === "" ? "" : `${code}: ${sentence}`),
  "news to tell": ({ newsWaiting }) => String(newsWaiting ?? 0),
  "last transition": ({ lastTransition }, _, __, now) =>
    lastTransition ? `${lastTransition.code}, ${ago(lastTransition.at, now)}` : "none",
};

const KEPT_EVENTS = 250;

export function makeEvents(root) {
  let newest = 0;
  let atNewest = 0;
  return ({ events }) => {
    // Several events may share an instant: those that are shown are counted off.
    let same = atNewest;
    const fresh = events.filter(({ at }) => at > newest || (at === newest && same-- <= 0));
    if (fresh.length === 0) return;
    root.prepend(...fresh.map(makeEvent).toReversed());
    newest = fresh.at(-1).at;
    atNewest = events.filter(({ at }) => at === newest).length;
    while (root.children.length > KEPT_EVENTS) root.lastChild.remove();
  };
}

function makeEvent({ at, kind, text }) {
  return h(
    "li",
    { "data-kind": kind },
    h("time", { datetime: new Date(at).toISOString() }, clock(at)),
    h("b", {}, kind),
    h("span", {}, text),
  );
}

/** A list of what can be opened, newest first; what it shows already is left alone. `makeOne` makes summary and content. */
function makeInbox(root, counter, listOf, makeOne) {
  const seen = new Set();
  return (view) => {
    for (const item of listOf(view)) {
      if (seen.has(item.id)) continue;
      if (seen.size === 0) root.replaceChildren();
      seen.add(item.id);
      root.prepend(h("details", {}, ...makeOne(item)));
    }
    say(counter, String(seen.size));
  };
}

export function makeMailbox(root, counter) {
  return makeInbox(
    root,
    counter,
    ({ mailbox }) => mailbox,
    ({ at, to, subject, text }) => [
      h("summary", {}, h("time", {}, clock(at)), " ", subject),
      h("p", { class: "dim" }, `to ${to.join(", ")}`),
      h("pre", { tabindex: 0 }, text),
    ],
  );
}

export function makeBus(root, counter) {
  return makeInbox(
    root,
    counter,
    ({ bus }) => bus,
    (event) => [
      h("summary", {}, h("time", {}, clock(Date.parse(event.time))), " ", h("b", {}, event["detail-type"])),
      h("p", {}, gist(event)),
      h("pre", { tabindex: 0 }, JSON.stringify(event, undefined, 2)),
    ],
  );
}

/** The controller's events have a sentence; EC2's say which instance has come into which state. */
function gist({ detail, source }) {
  return detail.sentence ?? `${source}: ${detail["instance-id"]} is ${detail.state}`;
}

export function makeLedger(root) {
  const strip = h("div", { class: "strip", role: "img" });
  const words = h("p", {});
  const doubles = h("p", { class: "bad", hidden: true });
  root.append(strip, words, doubles);
  let last = -1;
  return ({ handOuts, ledger, doubles: numbers, nodes }, now) => {
    const newest = handOuts.at(-1);
    say(
      words,
      newest === undefined
        ? "Nothing was handed out yet."
        : `${count(ledger.tasks)} tasks; the last one ${lasting(now - newest.at)} ago, number ${newest.task}.`,
    );
    say(
      doubles,
      `Handed out twice: ${ledger.doubleHandOuts} tasks, such as ${numbers.slice(-8).join(", ")}.`,
    );
    show(doubles, ledger.doubleHandOuts > 0);
    if (newest === undefined || newest.at === last) return;
    last = newest.at;
    const order = nodes.map(({ id }) => id);
    strip.setAttribute("aria-label", `The last ${handOuts.length} hand-outs`);
    strip.replaceChildren(
      ...handOuts.map(({ task, node }) =>
        h(
          "i",
          {
            "data-node": order.indexOf(node) + 1,
            "data-double": numbers.includes(task),
            title: `task ${task} by ${node}`,
          },
          String(task),
        ),
      ),
    );
  };
}

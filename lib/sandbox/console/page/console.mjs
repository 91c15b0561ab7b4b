/**
 * The console's page. `view`, which the sandbox tells twice a second, is all that it knows; each part below shows its
 * piece of it and keeps nothing of its own but what a person has opened, chosen or written.
 */
import { byId, h, lasting, say } from "./dom.mjs";
import { makeFaults } from "./faults.mjs";
import { makeNodes } from "./nodes.mjs";
import { makeOperator } from "./operator.mjs";
import { makeBus, makeEvents, makeLedger, makeMailbox, makeRecords } from "./panels.mjs";
import { makeTimeline } from "./timeline.mjs";
import { makeVerdicts } from "./verdicts.mjs";

/** The newest view; the buttons ask for it when they are pressed. */
let view;
/** What this machine's clock is behind the sandbox's. */
let behind = 0;

const latest = () => view;
const parts = [
  makeVerdicts(byId("verdicts")),
  makeTimeline(byId("timeline"), byId("windows")),
  makeNodes(byId("nodes")),
  makeOperator(byId("operate"), byId("operate-answer"), latest),
  makeFaults(),
  makeRecords(byId("records")),
  makeEvents(byId("events")),
  makeMailbox(byId("mailbox"), byId("mail-count")),
  makeBus(byId("bus"), byId("bus-count")),
  makeLedger(byId("ledger")),
];

function draw() {
  if (view === undefined) return;
  const now = Date.now() + behind;
  for (const part of parts) part(view, now);
  say(byId("version"), view.version === "" ? "" : `version ${view.version}`);
  const due = view.clusters.map(({ data }) => Date.parse(data.dueAt)).filter((at) => at > 0);
  const next = Math.min(...due) - now;
  say(byId("beat"), due.length === 0 ? "no tick yet" : next > 0 ? `next tick in ${lasting(next)}` : "tick");
}

function listen() {
  const link = byId("link");
  const stream = new EventSource("/_sandbox/stream");
  stream.addEventListener("message", ({ data }) => {
    view = JSON.parse(data);
    behind = view.now - Date.now();
    say(link, "live");
    link.dataset.state = "live";
    document.body.dataset.ready = "true";
    draw();
  });
  stream.addEventListener("error", () => {
    say(link, "the sandbox does not answer");
    link.dataset.state = "lost";
  });
}

const THEMES = ["system", "light", "dark"];

function themeButton(button) {
  const use = (theme) => {
    document.documentElement.dataset.theme = theme;
    say(button, `Theme: ${theme}`);
    localStorage.setItem("theme", theme);
  };
  const stored = localStorage.getItem("theme");
  use(THEMES.includes(stored) ? stored : "system");
  button.addEventListener("click", () => {
    const now = THEMES.indexOf(document.documentElement.dataset.theme);
    use(THEMES[(now + 1) % THEMES.length]);
  });
}

themeButton(byId("theme"));
byId("fault-for").append(
  h("option", { value: "" }, "ever"),
  ...[10, 30, 60, 180].map((seconds) => h("option", { value: seconds }, `${seconds} s`)),
);
listen();
// Countdowns go on between two views.
setInterval(draw, 250);

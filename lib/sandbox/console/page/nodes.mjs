/** A card for each node: what really runs there, what the controller knows of it, and the faults that befall nodes. */
import { h, lasting, say, show } from "./dom.mjs";
import { press } from "./faults.mjs";

/** What can be done to one node, in the order of harm; what undoes it stands behind it. */
const NODE_FAULTS = [
  ["kill", "Kill"],
  ["hang", "Hang"],
  ["resume", "Wake"],
  ["start-fails", "Break starts"],
  ["start-by-hand", "Start by hand"],
  ["cut-off", "Cut off"],
  ["reconnect", "Reconnect"],
  ["crash", "Crash"],
  ["bring-back", "Boot"],
  ["ssm-slow", "Slow commands"],
  ["ssm-late", "Late commands"],
  ["ssm-duplicate", "Double commands"],
];

export function makeNodes(root) {
  const cards = new Map();
  return (view, now) => {
    for (const node of view.nodes) {
      const card = cards.get(node.id) ?? makeCard(node);
      if (!cards.has(node.id)) root.append(card.element);
      cards.set(node.id, card);
      const known = view.clusters.flatMap(({ data }) => data.nodes ?? []).find(({ id }) => id === node.id);
      card.update(node, known, view, now);
    }
  };
}

function makeCard({ id, name }) {
  const role = h("span", { class: "pill" });
  const scheduler = h("p", { class: "node-runs" });
  const grant = h("progress", { max: 1, value: 0, "aria-label": `Grant of ${name}` });
  const grantWords = h("span", {});
  const facts = h("dl", { class: "facts" });
  const values = new Map();
  for (const label of ["instance", "agent", "guard", "may run until", "proof", "report"]) {
    const value = h("dd", {});
    values.set(label, value);
    facts.append(h("dt", {}, label), value);
  }
  const buttons = NODE_FAULTS.map(([fault, label]) => {
    const button = h(
      "button",
      { type: "button", "data-fault": fault, title: fault, onclick: () => void press(fault, { node: id }) },
      label,
    );
    return { fault, button };
  });
  const element = h(
    "article",
    { class: "card node", "data-node": id, "aria-label": name },
    h("div", { class: "card-head" }, h("h3", {}, name, " ", h("code", { class: "dim" }, id)), role),
    scheduler,
    h("div", { class: "grant" }, grant, grantWords),
    facts,
    h(
      "div",
      { class: "buttons", role: "group", "aria-label": `Faults of ${name}` },
      ...buttons.map(({ button }) => button),
    ),
  );
  /** The longest grant that was seen: the full bar. */
  let longest = 1;
  const update = (node, known, view, now) => {
    const { schedulers, instance, agent } = node;
    element.dataset.state = stateOf(node);
    say(role, known?.role ?? "not seen yet");
    role.dataset.state = known?.role ?? "";
    say(scheduler, runsWords(schedulers));
    const left = Math.max(0, (Date.parse(known?.grantUntil ?? "") || 0) - now);
    longest = Math.max(longest, left);
    const shown = Math.round((100 * left) / longest) / 100;
    if (grant.value !== shown) grant.value = shown;
    say(grantWords, left > 0 ? `grant: ${lasting(left)} left` : "no grant");
    say(values.get("instance"), instance);
    say(values.get("agent"), agent);
    say(values.get("guard"), known === undefined ? "?" : `${known.guard}, gate ${known.gate}`);
    say(values.get("may run until"), mayRun(known, now));
    say(values.get("proof"), known?.proof?.kind ?? "none needed");
    say(values.get("report"), reportWords(known, now));
    const standing = view.faults.filter((fault) => fault.node === id || fault.node === undefined);
    for (const { fault, button } of buttons) {
      const stands = standing.some((one) => one.name === fault);
      if (button.ariaPressed !== String(stands)) button.ariaPressed = String(stands);
      show(button, isOffered(fault, node));
    }
  };
  return { element, update };
}

/** What would be refused, or do nothing, is not offered. */
function isOffered(fault, { schedulers, agent, instance }) {
  const hangs = schedulers.some(({ stopped }) => stopped);
  switch (fault) {
    case "kill":
      return schedulers.length > 0;
    case "hang":
      return schedulers.length > 0 && !hangs;
    case "resume":
      return hangs;
    case "cut-off":
      return agent === "reachable";
    case "reconnect":
      return agent === "cut-off";
    case "crash":
      return agent !== "down";
    case "bring-back":
      return agent === "down" && instance !== "pending";
    case "start-by-hand":
      return instance === "running";
    default:
      return true;
  }
}

function stateOf({ schedulers, agent }) {
  if (agent === "down") return "off";
  if (schedulers.some(({ stopped }) => stopped)) return "hangs";
  if (agent === "cut-off") return "cut-off";
  return schedulers.length > 0 ? "runs" : "idle";
}

function runsWords(schedulers) {
  if (schedulers.length === 0) return "No scheduler runs here.";
  return schedulers
    .map(({ pid, stopped }) => `Scheduler ${stopped ? "hangs" : "runs"}, pid ${pid}.`)
    .join(" ");
}

function mayRun(known, now) {
  if (known === undefined) return "?";
  if (known.stopBy === "never") return "proven stopped";
  if (known.stopBy === "ever") return "not known";
  const left = Date.parse(known.stopBy) - now;
  return left > 0 ? `${lasting(left)} from now` : `${lasting(-left)} ago`;
}

function reportWords(known, now) {
  if (known?.reportedAt === undefined || known.reportedAt === null) return "none yet";
  const silent = known.silentSince ? `silent for ${lasting(now - Date.parse(known.silentSince))}, said ` : "";
  const words = known.reason ? `${known.state} (${known.reason})` : known.state;
  return `${silent}${words}, ${lasting(now - Date.parse(known.reportedAt))} ago`;
}

/** The operator's panel: each button is one invocation of the deployed function. */
import { h, say, show } from "./dom.mjs";
import { invoke, tell } from "./calls.mjs";

/** What each action takes and says; the function itself is asked which it knows. Those not named here only look. */
const ACTIONS = {
  failover: { label: "Fail over", fields: ["to", "reason"], tone: "primary" },
  switchover: { label: "Switch over", fields: ["to", "reason"], tone: "primary" },
  pause: { label: "Pause", fields: ["reason"] },
  resume: { label: "Resume", fields: ["reason"] },
  observe: { label: "Observe", fields: ["reason"] },
  detach: { label: "Detach", fields: ["reason"], tone: "danger" },
  exclude: { label: "Exclude", fields: ["node", "reason"] },
  include: { label: "Include", fields: ["node", "reason"] },
  cancel: { label: "Cancel", fields: ["reason"] },
  clear_metadata: { label: "Clear metadata", fields: ["reason"], tone: "danger" },
  send_test_email: { label: "Send test mail", fields: [] },
};

export function makeOperator(form, answer, latest) {
  const cluster = h("select", { id: "operate-cluster" });
  const clusterField = h("label", { hidden: true }, "cluster", cluster);
  const to = h("select", { id: "operate-to" }, h("option", { value: "" }, "any"));
  const reason = h("input", { id: "operate-reason", value: "from the console", maxlength: 200 });
  const changing = h("div", {
    class: "buttons",
    role: "group",
    "aria-label": "Actions that change something",
  });
  const looking = h("div", { class: "buttons", role: "group", "aria-label": "Actions that only look" });
  const raw = h("pre", { class: "raw", tabindex: 0, "aria-label": "The whole answer" });
  const details = h("details", { hidden: true }, h("summary", {}, "the whole answer"), raw);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.append(
    clusterField,
    h("label", {}, "node", to),
    h("label", {}, "reason", reason),
    changing,
    looking,
    details,
  );
  const act = async (action, fields) => {
    const chosen = { to: to.value, node: to.value, reason: reason.value };
    const input = Object.fromEntries(
      fields.map((name) => [name, chosen[name]]).filter(([, value]) => value !== ""),
    );
    const by = fields.length > 0 ? { by: "console" } : {};
    const payload = { action, ...(cluster.value === "" ? {} : { cluster: cluster.value }), ...input, ...by };
    const outcome = await invoke(
      latest(),
      fields.length > 0 || action in ACTIONS ? "operate" : "read",
      payload,
    );
    tell(answer, outcome);
    show(details, true);
    say(raw, JSON.stringify(outcome.reply, undefined, 2));
  };
  let asked = false;
  return (view) => {
    if (!asked) {
      asked = true;
      void offer(view, changing, looking, act);
    }
    fillOptions(
      cluster,
      view.clusters.map((one) => [one.cluster, one.cluster]),
    );
    show(clusterField, view.clusters.length > 1);
    fillOptions(to, [["", "any"], ...view.nodes.map(({ id, name }) => [id, name])]);
  };
}

/** The function names its actions where it refuses one that it does not know. */
async function offer(view, changing, looking, act) {
  const { reply } = await invoke(view, "read", { action: "which are there?" });
  const names = reply.error?.valid ?? [];
  const button = (name, { label = name, fields = [], tone = "" } = {}) =>
    h(
      "button",
      { type: "button", class: tone, "data-action": name, onclick: () => act(name, fields) },
      label,
    );
  const known = Object.keys(ACTIONS).filter((name) => names.includes(name));
  changing.append(...known.map((name) => button(name, ACTIONS[name])));
  looking.append(...names.filter((name) => !(name in ACTIONS)).map((name) => button(name)));
}

function fillOptions(select, options) {
  const key = JSON.stringify(options);
  if (select.dataset.options === key) return;
  select.dataset.options = key;
  const chosen = select.value;
  select.replaceChildren(...options.map(([value, label]) => h("option", { value }, label)));
  if (options.some(([value]) => value === chosen)) select.value = chosen;
}

/** Faults: the panel of those that befall AWS's services, and how every fault is set and told. */
import { byId, h, lasting } from "./dom.mjs";
import { readCatalogue, setFault, tell } from "./calls.mjs";

/** By name: what the sandbox says of each of its faults. */
let catalogue = {};

export function makeFaults() {
  const root = byId("faults");
  const standing = byId("standing");
  const buttons = new Map();
  void readCatalogue().then((read) => {
    catalogue = read;
    for (const [name, fault] of Object.entries(read)) {
      // Those of nodes are on the nodes' cards.
      if (fault.node !== "none" || name === "clear") continue;
      const { element, button } = makeFault(name, fault);
      buttons.set(name, button);
      root.append(element);
    }
    root.append(
      h(
        "button",
        { type: "button", class: "primary", "data-fault": "clear", onclick: () => press("clear", {}) },
        "End every fault",
      ),
    );
  });
  let shown = "";
  return (view, now) => {
    for (const [name, button] of buttons) {
      const stands = view.faults.some((fault) => fault.name === name);
      if (button.ariaPressed !== String(stands)) button.ariaPressed = String(stands);
    }
    const lines = view.faults.map((fault) => standingWords(fault, view, now));
    if (lines.join("\n") === shown) return;
    shown = lines.join("\n");
    standing.replaceChildren(...lines.map((line) => h("li", {}, line)));
  };
}

function standingWords({ name, node, parameters, until }, { nodes }, now) {
  const where = node === undefined ? "" : ` on ${nodes.find(({ id }) => id === node)?.name ?? node}`;
  const details = Object.entries(parameters).map(([key, value]) => `, ${key} ${value}`);
  return `${name}${where}${details.join("")}${until === undefined ? "" : `, ${lasting(until - now)} left`}`;
}

/** A button, and a field for each parameter that the fault takes. */
function makeFault(name, { sentence, parameters }) {
  const fields = Object.entries(parameters.properties ?? {}).map(([key, schema]) =>
    makeField(name, key, schema),
  );
  const read = () =>
    Object.fromEntries(
      fields.map(({ key, value }) => [key, value()]).filter(([, value]) => value !== undefined),
    );
  const button = h(
    "button",
    { type: "button", "data-fault": name, title: sentence, onclick: () => press(name, read()) },
    name,
  );
  return { element: h("div", { class: "fault" }, button, ...fields.map(({ element }) => element)), button };
}

function makeField(fault, key, schema) {
  const label = `${fault}: ${key}`;
  if (schema.enum !== undefined) {
    const element = h(
      "select",
      { "aria-label": label },
      ...schema.enum.map((value) => h("option", {}, value)),
    );
    element.value = schema.default ?? schema.enum[0];
    return { key, element, value: () => element.value };
  }
  const isNumber = schema.type === "number" || schema.type === "integer";
  const element = h("input", {
    "aria-label": label,
    type: isNumber ? "number" : "text",
    min: schema.minimum,
    placeholder: isNumber ? key : "ssm:SendCommand",
    value: schema.default,
    size: isNumber ? 4 : 14,
  });
  return {
    key,
    element,
    value: () => (element.value === "" ? undefined : isNumber ? Number(element.value) : element.value),
  };
}

/** Sets a fault for the chosen time, where it is one that can end by itself, and tells what was answered. */
export async function press(name, request) {
  const seconds = byId("fault-for").value;
  const canEnd = catalogue[name]?.lasts === true || name === "hang" || name === "crash";
  const wanted = seconds === "" || !canEnd ? request : { ...request, for: Number(seconds) };
  tell(byId("fault-answer"), await setFault(name, wanted));
}

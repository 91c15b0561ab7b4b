/** Text into HTML: whatever comes from a node, a person or the record is a text and never markup. */

/** Markup that was made here. */
export interface Html {
  readonly html: string;
}

/** Marks a template: what is put in is escaped, unless it is markup that was made here. */
export function markup(
  parts: TemplateStringsArray,
  ...values: readonly (Html | readonly Html[] | string | number)[]
): Html {
  const put = values.map((value) => {
    if (typeof value === "string" || typeof value === "number") return escape(String(value));
    return "html" in value ? value.html : value.map((one) => one.html).join("");
  });
  return { html: parts.map((part, index) => `${part}${put[index] ?? ""}`).join("") };
}

function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

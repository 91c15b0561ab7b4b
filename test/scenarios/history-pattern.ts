/** Whether a history is the one that a scenario names. */

/**
 * Both oldest first. A code of the pattern that ends in `?` may be missing, one that ends in `*` may be there any number
 * of times.
 */
export function matches(pattern: readonly string[], history: readonly { readonly code: string }[]): boolean {
  const source = pattern.map((one) => {
    const [, code = "", count = ""] = /^([A-Z_]+)([?*]?)$/u.exec(one) ?? [];
    if (code === "") throw new Error(`no code: ${one}`);
    return `(?:${code} )${count}`;
  });
  return new RegExp(`^${source.join("")}$`, "u").test(history.map(({ code }) => `${code} `).join(""));
}

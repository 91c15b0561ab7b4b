/**
 * Reads an `airflow.cfg` as Python's configparser does without interpolation, which is how the predecessor read it:
 * names of keys in any case, values over several lines where the later ones are indented, comments on lines of their
 * own only. A `;` within a value belongs to it: packages for INI files would take it for a comment, and `\;` for an
 * escape.
 */
export interface Entry {
  readonly value: string;
  /** `airflow.cfg`, or the name of the environment variable that overrides it. */
  readonly origin: string;
}

/** By section and key, both in lower case. */
export type AirflowConfig = ReadonlyMap<string, ReadonlyMap<string, Entry>>;

type Variables = Readonly<Record<string, string | undefined>>;

/** `text` with the overrides of the environment: `AIRFLOW__SECTION__KEY`. */
export function readAirflowConfig(text: string, variables: Variables): AirflowConfig {
  const sections = parse(text);
  for (const [name, value] of Object.entries(variables)) {
    const { section, key } = /^AIRFLOW__(?<section>[^_].*?)__(?<key>.+)$/.exec(name)?.groups ?? {};
    if (section === undefined || key === undefined || value === undefined) continue;
    sectionOf(sections, section.toLowerCase()).set(key.toLowerCase(), { value, origin: name });
  }
  return sections;
}

function parse(text: string): Map<string, Map<string, Entry>> {
  const sections = new Map<string, Map<string, Entry>>();
  let section: Map<string, Entry> | undefined;
  let last: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    const bare = line.trim();
    if (bare === "" || bare.startsWith("#") || bare.startsWith(";")) continue;
    const head = /^\[(?<name>[^\]]+)\]/.exec(bare)?.groups?.["name"];
    if (head !== undefined && !/^\s/.test(line)) {
      section = sectionOf(sections, head.toLowerCase());
      last = undefined;
    } else if (section && last !== undefined && /^\s/.test(line)) {
      section.set(last, { value: `${section.get(last)?.value ?? ""}\n${bare}`, origin: FILE });
    } else if (section) {
      const [, key = "", value = ""] = /^(.*?)\s*[=:]\s*(.*)$/s.exec(bare) ?? [];
      last = key.toLowerCase();
      if (last !== "") section.set(last, { value, origin: FILE });
    }
  }
  return sections;
}

const FILE = "airflow.cfg";

function sectionOf(sections: Map<string, Map<string, Entry>>, name: string): Map<string, Entry> {
  const found = sections.get(name) ?? new Map<string, Entry>();
  sections.set(name, found);
  return found;
}

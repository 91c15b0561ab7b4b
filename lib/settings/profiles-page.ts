/** `docs/profiles.md`, made from the profiles: `write-reference.ts` writes it. */
import { type Profile, PROFILES } from "./profiles.ts";

const heading = ({ name, tried }: Profile): string =>
  tried === undefined ? `## ${name} (untested)` : `## ${name}`;

const table = ({ values }: Profile): readonly string[] => {
  const rows = Object.entries(values).map(([path, { value, reason, source }]) => {
    const cells = [`\`${path}\``, `\`${String(value)}\``, reason, source];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  return rows.length === 0
    ? []
    : ["| setting | value | reason | source |", "| --- | --- | --- | --- |", ...rows, ""];
};

const chapter = (profile: Profile): string =>
  [
    heading(profile),
    "",
    `${sentence(profile.says)} ${profile.tried === undefined ? "Nobody has tried it." : `Tried with: ${profile.tried}.`}`,
    "",
    ...table(profile),
    ...serviceOf(profile),
    `**Left behind.** ${profile.orphans}`,
    "",
    ...profile.notes.map((note) => `- ${note}`),
  ].join("\n");

const serviceOf = ({ service }: Profile): readonly string[] =>
  service === undefined ? [] : ["```ini", "[Service]", ...service, "```", ""];

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

export const profilesPage = (): string => `# Profiles

\`scheduler.profile\` names the daemon, and what is known of it fills in what a cluster's settings leave out: unit, health
check, times. Each value of a profile stands here with its reason and where it comes from.

\`\`\`yaml
clusters:
  main:
    nodes: { tag: { key: scheduler-failover, value: main } }
    scheduler: { profile: airflow-2 }
    timers: { killGraceSeconds: 90 } # what the settings say themselves is never changed
\`\`\`

\`npx cdk synth -q\` prints for each cluster with a profile which value is the profile's and which is yours, and a fault in
a value that the profile has filled in says so.

- \`scheduler.start\` takes the place of a profile's unit; its \`pattern\` then comes from the profile.
- Beside a unit a \`pattern\` is yours to ask for: take the one below if nothing else on the nodes matches it, another application's beat, say. It
  finds what somebody has started past the unit, and a standby stops it; without it nothing finds that.
- \`health.command\` takes the place of a profile's URL; \`health: { enabled: false }\` does away with its check.

${Object.values(PROFILES).map(chapter).join("\n\n")}

This page is made from \`lib/settings/profiles.ts\` by \`npm run docs\`; a test keeps it up to date.
`;

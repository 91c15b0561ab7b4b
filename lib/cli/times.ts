/** Instants and durations as the person at the terminal writes and reads them. All times are UTC. */
import { formatInstant } from "../core/instants.ts";
import type { Instant } from "../core/model.ts";
import { instantOf } from "./replies.ts";

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `4 s`, `12 min`, `3 h 5 min`, `2 d 4 h`: two units at the most. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1_000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
}

/** `08:15:07`, of an RFC 3339 time in UTC. */
export function clockTime(text: string | null): string {
  const at = instantOf(text);
  return at === undefined ? "--:--:--" : formatInstant(at).slice(11, 19);
}

/** `2027-01-15 08:15:07`. */
export function dateTime(text: string | null): string {
  const at = instantOf(text);
  return at === undefined ? "-" : formatInstant(at).slice(0, 19).replace("T", " ");
}

/** `2h` or `90m` from now as RFC 3339; anything else is handed on: the Lambda says what is wrong with it. */
export function laterTime(text: string, now: Instant): string {
  const match = /^\+?(?<count>\d{1,6})(?<unit>[smhd])$/.exec(text)?.groups;
  const unit = UNITS[match?.["unit"] as keyof typeof UNITS];
  return match && unit !== undefined ? formatInstant(now + Number(match["count"]) * unit) : text;
}

/** `2h` or `90m` ago, or RFC 3339; undefined for anything else. */
export function earlierTime(text: string, now: Instant): Instant | undefined {
  const later = instantOf(laterTime(text, now));
  return /^\+?\d+[smhd]$/.test(text) && later !== undefined ? 2 * now - later : later;
}

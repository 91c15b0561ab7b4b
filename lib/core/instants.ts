/**
 * Instants as people and other systems write them: RFC 3339 in UTC, with milliseconds and `Z`, which is also what a
 * Step Functions `TimestampPath` reads. Written out in arithmetic, since `Date` also *tells* the time and the core
 * must not be able to: the calendar is a function of its argument.
 */
import type { Instant } from "./model.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const EPOCH_YEAR = 1970;
/** RFC 3339 writes years with four digits. */
const FIRST_YEAR = 0;
const LAST_YEAR = 9999;
/** The calendar's mean year; an estimate by it is off by one year at most, and then corrected. */
const DAYS_PER_YEAR = 365.2425;

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

const RFC3339 =
  /^(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})[Tt](?<hour>\d{2}):(?<minute>\d{2}):(?<second>\d{2})(?:\.(?<fraction>\d{1,9}))?(?:[Zz]|(?<sign>[+-])(?<offsetHour>\d{2}):(?<offsetMinute>\d{2}))$/;

/** The earliest and the latest instant that can be written. */
export const FIRST_INSTANT: Instant = daysBefore(FIRST_YEAR) * DAY;
export const LAST_INSTANT: Instant = daysBefore(LAST_YEAR + 1) * DAY - 1;

/**
 * `2026-11-24T18:28:03.042Z`. Fractions of a millisecond are cut off.
 * @throws RangeError for what is no instant of the years 0000 to 9999: a time that cannot be written is a defect of
 *   the one who made it, and an empty string would hide it.
 */
export function formatInstant(instant: Instant): string {
  const whole = Math.floor(instant);
  if (!(whole >= FIRST_INSTANT && whole <= LAST_INSTANT)) {
    throw new RangeError(`${instant} is not an instant of the years 0000 to 9999 in Unix milliseconds`);
  }
  const day = Math.floor(whole / DAY);
  const time = whole - day * DAY;
  const { year, month, dayOfMonth } = calendar(day);
  const date = `${digits(year, 4)}-${digits(month, 2)}-${digits(dayOfMonth, 2)}`;
  const hours = digits(Math.floor(time / HOUR), 2);
  const minutes = digits(Math.floor(time / MINUTE) % 60, 2);
  const seconds = digits(Math.floor(time / SECOND) % 60, 2);
  return `${date}T${hours}:${minutes}:${seconds}.${digits(time % SECOND, 3)}Z`;
}

/** For people: `2026-11-24 18:28:03 UTC`. */
export function formatForPeople(instant: Instant): string {
  const text = formatInstant(instant);
  return `${text.slice(0, 10)} ${text.slice(11, 19)} UTC`;
}

/**
 * Reads RFC 3339 with `Z` or an offset; finer fractions than milliseconds are cut off. Undefined for anything else:
 * also for a 30th of February, and for a leap second, which Unix time cannot name.
 */
export function parseInstant(text: string): Instant | undefined {
  const groups = RFC3339.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const part = (name: string): number => Number(groups[name] ?? 0);
  const { year, month, day } = { year: part("year"), month: part("month"), day: part("day") };
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (part("hour") > 23 || part("minute") > 59 || part("second") > 59) return undefined;
  if (part("offsetHour") > 23 || part("offsetMinute") > 59) return undefined;

  const days = daysBefore(year) + dayOfYear(year, month) + day - 1;
  const time = part("hour") * HOUR + part("minute") * MINUTE + part("second") * SECOND;
  const milliseconds = Number((groups["fraction"] ?? "").padEnd(3, "0").slice(0, 3));
  const offset = part("offsetHour") * HOUR + part("offsetMinute") * MINUTE;
  return days * DAY + time + milliseconds - (groups["sign"] === "-" ? -offset : offset);
}

/** The date of a day counted from the epoch. */
function calendar(day: number): { year: number; month: number; dayOfMonth: number } {
  let year = EPOCH_YEAR + Math.floor(day / DAYS_PER_YEAR);
  while (daysBefore(year) > day) year -= 1;
  while (daysBefore(year + 1) <= day) year += 1;
  let month = 1;
  let rest = day - daysBefore(year);
  while (rest >= daysIn(year, month)) {
    rest -= daysIn(year, month);
    month += 1;
  }
  return { year, month, dayOfMonth: rest + 1 };
}

/** Days from the epoch to the first of January of `year`; negative before 1970. */
function daysBefore(year: number): number {
  return 365 * (year - EPOCH_YEAR) + leapDaysBefore(year) - leapDaysBefore(EPOCH_YEAR);
}

/** Leap days of the years 1 to `year - 1`; for the year 0, which is one itself, the count runs backwards. */
function leapDaysBefore(year: number): number {
  const last = year - 1;
  return Math.floor(last / 4) - Math.floor(last / 100) + Math.floor(last / 400);
}

/** Days of `year` before the first of `month`. */
function dayOfYear(year: number, month: number): number {
  let days = 0;
  for (let before = 1; before < month; before += 1) days += daysIn(year, before);
  return days;
}

function daysIn(year: number, month: number): number {
  const isLeapYear = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 && isLeapYear ? 29 : (MONTH_DAYS[month - 1] ?? 0);
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, "0");
}

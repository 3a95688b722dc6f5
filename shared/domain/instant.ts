/**
 * An instant: RFC 3339, UTC, milliseconds, always 24 characters, so that instants compare as text. The clock is always
 * an argument; nothing in this folder reads one.
 */
export type Instant = string;

/** Reads the clock. Given to everything that needs the time. */
export type Clock = () => Instant;

/** The instant of `epochMilliseconds`. */
export const instantOf = (epochMilliseconds: number): Instant => new Date(epochMilliseconds).toISOString();

/** Milliseconds since 1970. */
export const epochMillisecondsOf = (instant: Instant): number => Date.parse(instant);

/** `instant` moved by `seconds`, which may be negative or a fraction. */
export const plusSeconds = (instant: Instant, seconds: number): Instant =>
  instantOf(Date.parse(instant) + Math.round(seconds * 1000));

/** Seconds from `earlier` to `later`; negative when they are the other way round. */
export const secondsBetween = (earlier: Instant, later: Instant): number =>
  (Date.parse(later) - Date.parse(earlier)) / 1000;

/** The later of the two. */
export const laterOf = (a: Instant, b: Instant): Instant => instantOf(Math.max(Date.parse(a), Date.parse(b)));

/** The earlier of the two. */
export const earlierOf = (a: Instant, b: Instant): Instant => instantOf(Math.min(Date.parse(a), Date.parse(b)));

/** A date and a time of day with `Z` or an offset. `Date.parse` alone takes `JOB-2` for a day in February 2001. */
const MX_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/i;

/**
 * Reads a time as MX writes it: with `Z` or with an offset, with or without fractions (MX facts 1, "Dates").
 * `null` for anything that is not a time: MX's dates are evidence, and what cannot be read proves nothing.
 */
export function readInstant(text: unknown): Instant | null {
  if (typeof text !== 'string' || !MX_TIME.test(text)) return null;
  const time = Date.parse(text);
  if (Number.isNaN(time)) return null;
  const instant = new Date(time).toISOString();
  // An offset can move the first or the last day of four-digit years out of them; longer texts do not compare.
  return instant.length === 24 ? instant : null;
}

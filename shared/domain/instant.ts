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

/** The earlier of two instants. */
export const earliest = (a: Instant, b: Instant): Instant => (a < b ? a : b);

/**
 * Reads a time as MX writes it: with `Z` or with an offset, with or without fractions (MX facts 1, "Dates").
 * `null` for anything that is not a time: MX's dates are evidence, and what cannot be read proves nothing.
 */
export function readInstant(text: unknown): Instant | null {
  if (typeof text !== 'string') return null;
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

/**
 * Hours of a member's day in which the schedule does not start it: a bank may send its user a code. They are kept as local
 * times with their zone and read anew at each use, because a zone's distance from UTC changes.
 */
import { epochMillisecondsOf, type Instant, plusSeconds } from './instant.ts';
import { keptByName } from './kept.ts';

/** From a time of day to another, which may lie on the next day. They are never equal. */
export interface QuietHours {
  /** `HH:MM`; the first minute that is quiet. */
  readonly from: string;
  /** `HH:MM`; the first minute that is not quiet any more. */
  readonly to: string;
  /** An IANA name, as it was given. */
  readonly timeZone: string;
}

const MINUTES_A_DAY = 1440;

/** Whether `text` is a time of day, `00:00` to `23:59`. */
export const isTimeOfDay = (text: string): boolean => /^([01]\d|2[0-3]):[0-5]\d$/.test(text);

const minutesIn = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

const modulo = (value: number): number => ((value % MINUTES_A_DAY) + MINUTES_A_DAY) % MINUTES_A_DAY;

// Zones are read in any case of letters: there are more names than zones.
const formats = keptByName<Intl.DateTimeFormat>();

/** @throws RangeError for a zone that this Node does not know. */
const newFormat = (timeZone: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-GB', { timeZone, hourCycle: 'h23', hour: '2-digit', minute: '2-digit' });

/** A zone that this Node does not know (any more) is read as UTC: one member's zone must not stop a tick for all others. */
const formatOf = (timeZone: string): Intl.DateTimeFormat =>
  formats(timeZone, () => newFormat(isTimeZone(timeZone) ? timeZone : 'UTC'));

/** Whether `name` is a time zone by its IANA name. Mere distances such as `+05:00` are none: they know no clock change. */
export function isTimeZone(name: string): boolean {
  if (!/[A-Za-z]/.test(name)) return false;
  return zones(name, () => {
    try {
      newFormat(name);
      return true;
    } catch {
      return false;
    }
  });
}

// Making a format takes a tenth of a millisecond and more; a list of members has few zones.
const zones = keptByName<boolean>();

/** The minute of the local day at `instant`. */
export const localMinute = (timeZone: string, instant: Instant): number =>
  minutesIn(formatOf(timeZone).format(epochMillisecondsOf(instant)));

/** Minutes from `minute` of a day to the end of the quiet hours that it lies in; 0: it lies in none. */
function minutesLeft({ from, to }: QuietHours, minute: number): number {
  const length = modulo(minutesIn(to) - minutesIn(from));
  const since = modulo(minute - minutesIn(from));
  return Math.max(0, length - since);
}

/** Whether `instant` is in the quiet hours. */
export const isQuiet = (quiet: QuietHours, instant: Instant): boolean =>
  minutesLeft(quiet, localMinute(quiet.timeZone, instant)) > 0;

/** When the quiet hours that `instant` lies in are over, to the minute; `instant` itself when it lies in none. */
export const quietUntil = (quiet: QuietHours, instant: Instant): Instant =>
  // Where the clock is put back in between it is still quiet: once more.
  endByClock(quiet, endByClock(quiet, instant));

/** The same, if the clock is not changed until then. */
function endByClock(quiet: QuietHours, instant: Instant): Instant {
  const left = minutesLeft(quiet, localMinute(quiet.timeZone, instant));
  if (left === 0) return instant;
  // Seconds of a minute do not count.
  return `${plusSeconds(instant, left * 60).slice(0, 17)}00.000Z`;
}

/** How many minutes the zone's clock is ahead of UTC, at every time of the year that begins at `now`. */
function minutesAhead(timeZone: string, now: Instant): ReadonlySet<number> {
  const halfMonths = Array.from({ length: 26 }, (_, index) => plusSeconds(now, index * 14 * 86_400));
  return new Set(
    halfMonths.map((at) => modulo(localMinute(timeZone, at) - Math.floor(epochMillisecondsOf(at) / 60_000))),
  );
}

/** Kept free of due minutes beside the quiet hours: zones change their rules. */
const MARGIN_MINUTES = 60;

/**
 * Which minutes of a UTC day are outside the quiet hours all year, with an hour's margin; where that leaves none, without
 * it. Empty: the quiet hours leave no such minute.
 */
export function loudMinutes(quiet: QuietHours, now: Instant): readonly number[] {
  const ahead = [...minutesAhead(quiet.timeZone, now)];
  const outside = (margin: number) =>
    Array.from({ length: MINUTES_A_DAY }, (_, minute) => minute).filter((minute) =>
      ahead
        .flatMap((offset) => [offset - margin, offset, offset + margin])
        .every((offset) => minutesLeft(quiet, modulo(minute + offset)) === 0),
    );
  const apart = outside(MARGIN_MINUTES);
  return apart.length > 0 ? apart : outside(0);
}

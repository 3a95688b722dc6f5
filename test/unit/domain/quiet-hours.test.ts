import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isQuiet,
  isTimeOfDay,
  isTimeZone,
  localMinute,
  loudMinutes,
  quietUntil,
} from '../../../shared/domain/quiet-hours.ts';

const at = (from: string, to: string, timeZone: string) => ({ from, to, timeZone });
const timeOf = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

describe('a moment is quiet', () => {
  it.each([
    ['in the evening', '22:00', '07:00', '2026-01-15T21:30:00.000Z', true],
    ['its first minute', '22:00', '07:00', '2026-01-15T21:00:00.000Z', true],
    ['the minute before', '22:00', '07:00', '2026-01-15T20:59:59.999Z', false],
    ['past midnight', '22:00', '07:00', '2026-01-16T05:59:59.999Z', true],
    ['no more at its end', '22:00', '07:00', '2026-01-16T06:00:00.000Z', false],
    ['within one day', '00:00', '08:00', '2026-01-15T23:30:00.000Z', true],
    ['within one day, outside', '00:00', '08:00', '2026-01-15T07:30:00.000Z', false],
  ])('in Berlin, %s', (_what, from, to, instant, quiet) => {
    expect(isQuiet(at(from, to, 'Europe/Berlin'), instant)).toBe(quiet);
  });

  it.each([
    ['Berlin in winter', 'Europe/Berlin', '2026-01-15T05:30:00.000Z', true],
    ['Berlin in summer', 'Europe/Berlin', '2026-07-15T05:30:00.000Z', false],
    ['New York in winter', 'America/New_York', '2026-01-15T11:30:00.000Z', true],
    ['New York in summer', 'America/New_York', '2026-07-15T11:30:00.000Z', false],
    ['half an hour off, never changed', 'Asia/Kolkata', '2026-07-15T01:29:00.000Z', true],
    ['half an hour off, its end', 'Asia/Kolkata', '2026-07-15T01:30:00.000Z', false],
    ['no clock change', 'Asia/Tokyo', '2026-07-15T21:59:00.000Z', true],
  ])('until seven o’clock there: %s', (_what, timeZone, instant, quiet) => {
    expect(isQuiet(at('22:00', '07:00', timeZone), instant)).toBe(quiet);
  });

  it('exactly for the minutes between, over midnight or not', () => {
    const minute = fc.integer({ min: 0, max: 1439 });
    fc.assert(
      fc.property(minute, minute, minute, (from, to, now) => {
        fc.pre(from !== to);
        const instant = `2026-01-15T${timeOf(now)}:00.000Z`;
        const inside = (now - from + 1440) % 1440 < (to - from + 1440) % 1440;
        expect(isQuiet(at(timeOf(from), timeOf(to), 'UTC'), instant)).toBe(inside);
      }),
      { seed: 16, numRuns: 300 },
    );
  });
});

describe('the quiet hours are over', () => {
  it.each([
    ['in the morning', 'Europe/Berlin', '2026-01-15T22:13:44.500Z', '2026-01-16T06:00:00.000Z'],
    ['at once, outside them', 'Europe/Berlin', '2026-01-15T12:13:44.500Z', '2026-01-15T12:13:44.500Z'],
    ['an hour sooner: the clock goes forward', 'Europe/Berlin', '2026-03-28T22:00:00.000Z', '2026-03-29T06:00:00.000Z'],
    ['an hour later: the clock goes back', 'Europe/Berlin', '2026-10-24T21:00:00.000Z', '2026-10-25T06:00:00.000Z'],
    ['in New York', 'America/New_York', '2026-11-01T04:00:00.000Z', '2026-11-01T12:00:00.000Z'],
  ])('%s', (_what, timeZone, instant, over) => {
    expect(quietUntil(at('22:00', '07:00', timeZone), instant)).toBe(over);
  });
});

describe('minutes that are never quiet', () => {
  const now = '2026-01-15T12:00:00.000Z';

  it('are outside in summer and winter, an hour away', () => {
    // Until 06:00 UTC in winter and 05:00 in summer, from 21:00 in winter and 20:00 in summer.
    const minutes = loudMinutes(at('22:00', '07:00', 'Europe/Berlin'), now);
    expect([minutes[0], minutes.at(-1), minutes.length]).toEqual([7 * 60, 19 * 60 - 1, 12 * 60]);
  });

  it.each([
    ['of one minute, an hour from both ends', '09:00', '06:59', 'UTC', 8 * 60 - 1, 1],
    ['of a short day: without the margin', '09:00', '07:30', 'UTC', 7 * 60 + 30, 90],
    ['of half an hour, where the clock never changes', '00:00', '23:30', 'Asia/Kolkata', 18 * 60, 30],
  ])('%s', (_what, from, to, timeZone, first, count) => {
    const minutes = loudMinutes(at(from, to, timeZone), now);
    expect([minutes[0], minutes.length]).toEqual([first, count]);
  });

  it('are the same at any time of the day', () => {
    for (const asked of ['2026-01-15T00:00:00.000Z', '2026-01-15T09:30:59.999Z', '2026-07-15T23:59:00.000Z']) {
      const minutes = loudMinutes(at('22:00', '07:00', 'Europe/Berlin'), asked);
      expect([minutes[0], minutes.length]).toEqual([7 * 60, 12 * 60]);
    }
  });

  it('are none when summer and winter leave none', () => {
    expect(loudMinutes(at('00:00', '23:30', 'Europe/Berlin'), now)).toEqual([]);
  });
});

it.each([
  ['Europe/Kyiv', true],
  ['asia/kolkata', true],
  ['America/Argentina/Buenos_Aires', true],
  ['UTC', true],
  ['Mars/X', false],
  ['+05:00', false],
  ['', false],
  ['Europe/Berlin ', false],
])('%j is a time zone: %s', (name, is) => {
  expect(isTimeZone(name)).toBe(is);
});

it.each([
  ['00:00', true],
  ['23:59', true],
  ['24:00', false],
  ['7:00', false],
  ['07:60', false],
  ['07:00:00', false],
])('%j is a time of day: %s', (text, is) => {
  expect(isTimeOfDay(text)).toBe(is);
});

it('a zone that is gone is read as UTC', () => {
  expect(isQuiet(at('22:00', '07:00', 'Mars/X'), '2026-01-15T06:59:00.000Z')).toBe(true);
  expect(isQuiet(at('22:00', '07:00', 'Mars/X'), '2026-01-15T07:00:00.000Z')).toBe(false);
});

it('local time does not depend on this process', () => {
  const before = process.env['TZ'];
  process.env['TZ'] = 'Pacific/Apia';
  expect(localMinute('America/New_York', '2026-01-15T12:00:00.000Z')).toBe(7 * 60);
  if (before === undefined) delete process.env['TZ'];
  else process.env['TZ'] = before;
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EveryHours, everyHoursOnOffer, isEveryHours } from '../../../shared/domain/every-hours.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import type { MemberKey } from '../../../shared/domain/mx.ts';
import {
  type EnrolledMember,
  isFirstOfDay,
  MAX_MINUTES_PER_TICK,
  MEMBERS_PER_MESSAGE,
  membersPerMessage,
  minuteOf,
  minuteStart,
  minutesDue,
  nextDueAt,
  noWishes,
  slotOf,
  slotOutside,
  slotsDueIn,
  startBatches,
  turnOutside,
} from '../../../shared/domain/schedule.ts';
import { T0 } from '../../samples.ts';
import { seeded } from './number-texts.ts';

const keyOf = (memberGuid: string): MemberKey => ({ userGuid: 'USR-1', memberGuid });

/** Guids as MX makes them, from a fixed stream of pseudo-random numbers (mulberry32). */
function guids(count: number, seed: number): MemberKey[] {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return (value ^ (value >>> 14)) >>> 0;
  };
  const hex = () => next().toString(16).padStart(8, '0');
  return Array.from({ length: count }, () => {
    const [a, b, c, d] = [hex(), hex(), hex(), hex()];
    return keyOf(`MBR-${a}-${b.slice(0, 4)}-4${b.slice(5)}-8${c.slice(1, 4)}-${c.slice(4)}${d}`);
  });
}

const countBy = <T>(items: readonly T[], nameOf: (item: T) => string): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(nameOf(item), (counts.get(nameOf(item)) ?? 0) + 1);
  return counts;
};

/** Pearson's statistic, in standard deviations from what an even spread gives. */
function unevenness(counts: Map<string, number>, cells: number, total: number): number {
  const expected = total / cells;
  const seen = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  const chiSquare = seen + (cells - counts.size) * expected;
  return (chiSquare - (cells - 1)) / Math.sqrt(2 * (cells - 1));
}

describe('10,000 members', () => {
  it.each([
    [1, 1],
    [6, 1],
    [24, 1],
    [1, 8],
    [24, 4],
  ] as const)('spread evenly over slots: %i hours, %i shards', (everyHours, shards) => {
    const slots = countBy(guids(10_000, everyHours), (member) => slotOf(member, everyHours, shards));
    expect(Math.abs(unevenness(slots, everyHours * 60 * shards, 10_000))).toBeLessThan(5);
  });

  it('guids that differ in their last digits spread too', () => {
    const alike = Array.from({ length: 10_000 }, (_, index) =>
      keyOf(`MBR-7c6f361b-e582-15b6-60c0-${String(index).padStart(12, '0')}`),
    );
    const slots = countBy(alike, (member) => slotOf(member, 1, 1));
    expect(slots.size).toBe(60);
    expect(Math.max(...slots.values())).toBeLessThan(2 * (10_000 / 60));
  });
});

it('a member’s slot is the same in every version', () => {
  expect(slotOf(keyOf('MBR-7c6f361b-e582-15b6-60c0-358f12466b4b'), 24, 4)).toBe('SLOT#24h#00027#3');
});

describe('every member is due', () => {
  it.each(everyHoursOnOffer)('once in every period of %i h, every shard', (everyHours) => {
    const members = guids(40, everyHours);
    const slots = members.map((member) => slotOf(member, everyHours, 3));
    const start = minuteOf(T0);
    const due = new Map(slots.map((slot) => [slot, 0]));
    for (let minute = start; minute < start + everyHours * 60; minute += 1) {
      for (const slot of slotsDueIn(minute, 3)) {
        const before = due.get(slot);
        if (before !== undefined) due.set(slot, before + 1);
      }
    }
    expect([...due.values()].every((count) => count === 1)).toBe(true);
  });

  it('still, after the number of shards was raised', () => {
    const everyHours: EveryHours = 2;
    const slots = new Set(guids(500, 7).map((member) => slotOf(member, everyHours, 2)));
    const asked = new Set<string>();
    for (let minute = 0; minute < everyHours * 60; minute += 1)
      for (const slot of slotsDueIn(minute, 5)) asked.add(slot);
    expect([...slots].filter((slot) => !asked.has(slot))).toEqual([]);
  });
});

it('a tick reads one slot for each period and shard', () => {
  const slots = slotsDueIn(minuteOf(T0), 2);
  expect(slots).toHaveLength(everyHoursOnOffer.length * 2);
  expect(new Set(slots).size).toBe(slots.length);
});

describe('a member is due next', () => {
  it.each<[EveryHours, string, string]>([
    [1, '00001', '2026-11-21T12:01:00.000Z'],
    [1, '00059', '2026-11-21T12:59:00.000Z'],
    [1, '00000', '2026-11-21T13:00:00.000Z'],
    [24, '00721', '2026-11-21T12:01:00.000Z'],
    [24, '00720', '2026-11-22T12:00:00.000Z'],
    [24, '00001', '2026-11-22T00:01:00.000Z'],
    [168, '03605', '2026-11-21T12:05:00.000Z'],
    [168, '03600', '2026-11-28T12:00:00.000Z'],
  ])('every %i hours, in minute %s of them: at %s', (everyHours, minute, expected) => {
    expect(nextDueAt({ everyHours, slot: `SLOT#${everyHours}h#${minute}#0` }, '2026-11-21T12:00:30.000Z')).toBe(
      expected,
    );
  });

  it('in the minute of its own slot', () => {
    for (const everyHours of everyHoursOnOffer) {
      for (const member of guids(20, everyHours)) {
        const slot = slotOf(member, everyHours, 3);
        const next = nextDueAt({ everyHours, slot }, T0);
        expect(next !== null && slotsDueIn(minuteOf(next), 3)).toContain(slot);
      }
    }
  });

  it('never, when it asked not to be', () => expect(nextDueAt({ everyHours: 0, slot: '' }, T0)).toBeNull());
});

describe('the minutes a tick works through', () => {
  it.each([
    ['the first tick ever: its own', null, 100, [100]],
    ['the next one: its own', 99, 100, [100]],
    ['after two lost ticks: all three', 97, 100, [98, 99, 100]],
    ['a second one in the same minute: none', 100, 100, []],
    ['one whose clock is behind: none', 101, 100, []],
  ])('are, for %s', (_what, last, current, expected) => {
    expect(minutesDue(last, current)).toEqual(expected);
  });

  it('after a long silence: an hour’s, the oldest first', () => {
    const minutes = minutesDue(4_000, 10_000);
    expect(minutes).toHaveLength(60);
    expect([minutes[0], minutes.at(-1)]).toEqual([4_001, 4_060]);
  });

  it('not older than the longest period', () => {
    expect(minutesDue(0, 20_000)[0]).toBe(20_000 - 7 * 24 * 60 + 1);
  });

  it('cover every minute once, in an hour’s steps', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: MAX_MINUTES_PER_TICK }), { minLength: 1, maxLength: 50 }),
        (gaps) => {
          let bookmark: number | null = null;
          let now = 1000;
          const worked: number[] = [];
          for (const gap of gaps) {
            now += gap;
            for (const minute of minutesDue(bookmark, now)) {
              worked.push(minute);
              bookmark = minute;
            }
          }
          const first = worked[0] ?? now;
          expect(worked).toEqual(Array.from({ length: now - first + 1 }, (_, index) => first + index));
        },
      ),
      seeded,
    );
  });
});

it('a minute begins on the minute', () => {
  expect(minuteStart(minuteOf('2026-11-21T12:34:56.789Z'))).toBe('2026-11-21T12:34:00.000Z');
});

it.each([
  [1, 1],
  [3, 1],
  [10, 5],
  [49, 24],
  [50, 25],
  [600, 25],
])('ceiling %i a second: %i members in a message', (startsPerSecond, members) => {
  expect(membersPerMessage(startsPerSecond)).toBe(members);
});

describe('messages of due members', () => {
  const due = (count: number): EnrolledMember[] =>
    guids(count, 3).map((member) => ({ member, everyHours: 24, slot: 'SLOT#24h#00001#0', ...noWishes }));

  it('hold every member once, in small messages over the minute', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2000 }), (count) => {
        const members = due(count);
        const batches = startBatches(members, T0, MEMBERS_PER_MESSAGE);
        expect(batches.flatMap(({ batch }) => batch.members)).toEqual(members);
        const delays = batches.map(({ delaySeconds }) => delaySeconds);
        expect(delays).toEqual(delays.toSorted((a, b) => a - b));
        for (const { batch, delaySeconds } of batches) {
          expect(batch).toMatchObject({ dueAt: T0, startAt: null });
          expect(batch.members.length).toBeGreaterThan(0);
          expect(batch.members.length).toBeLessThanOrEqual(MEMBERS_PER_MESSAGE);
          expect(delaySeconds).toBeLessThan(60);
        }
      }),
      { ...seeded, numRuns: 40 },
    );
  });

  it('none for no member; at once when one suffices', () => {
    expect(startBatches([], T0, 25)).toEqual([]);
    expect(startBatches(due(25), T0, 25).map(({ delaySeconds }) => delaySeconds)).toEqual([0]);
    expect(startBatches(due(100), T0, 25).map(({ delaySeconds }) => delaySeconds)).toEqual([0, 15, 30, 45]);
  });
});

it('periods are those on offer', () => {
  const hours = Array.from({ length: 1_000 }, (_, index) => index).filter(isEveryHours);
  expect(hours).toEqual([1, 2, 3, 4, 6, 8, 12, 24, 48, 72, 168]);
});

it('only the periods on offer are periods', () => {
  expect(everyHoursOnOffer.every(isEveryHours)).toBe(true);
  expect([0, -1, 5, 1.5, Number.NaN].some(isEveryHours)).toBe(false);
});

describe('a slot outside the quiet hours', () => {
  let places = 0;
  /** On another day each time: what is kept for a day is found anew, and is the same on each. */
  const newPlace = () => {
    places += 1;
    return { shards: 4, now: plusSeconds('2026-01-15T12:00:00.000Z', places * 86_400) };
  };
  const night = { from: '22:00', to: '07:00', timeZone: 'Europe/Berlin' };
  const minutesOf = (slot: string | null) => Number(slot?.split('#')[2]);

  it.each(everyHoursOnOffer)('every %i hours: is due outside them', (everyHours) => {
    const place = newPlace();
    for (const member of guids(60, 5)) {
      const slot = slotOutside(night, member, everyHours, place);
      const turns = Array.from({ length: Math.ceil(24 / everyHours) }, (_, turn) => turn * everyHours * 60);
      const inDay = turns.map((turn) => (minutesOf(slot) + turn) % 1440);
      // From 07:00 to 19:00 UTC it is outside in summer and winter, an hour from both ends.
      expect(inDay.some((minute) => minute >= 420 && minute < 1140)).toBe(true);
      expect(minutesOf(slot)).toBeLessThan(everyHours * 60);
    }
  });

  it('is the usual one where that is outside', () => {
    const place = newPlace();
    for (const member of guids(200, 6)) {
      const usual = slotOf(member, 24, 4);
      const isOutside = minutesOf(usual) >= 420 && minutesOf(usual) < 1140;
      expect(slotOutside(night, member, 24, place) === usual).toBe(isOutside);
    }
  });

  it('is spread over the day', () => {
    const place = newPlace();
    const minutes = guids(2_000, 7).map((member) => minutesOf(slotOutside(night, member, 24, place)));
    const hours = Map.groupBy(minutes, (minute) => Math.floor(minute / 60));
    expect([...hours.keys()].toSorted((a, b) => a - b)).toEqual([7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]);
    for (const [, some] of hours) expect(Math.abs(some.length - 2_000 / 12)).toBeLessThan(60);
  });

  it.each([
    [24, [0]],
    [48, [0, 1]],
    [72, [0, 1, 2]],
    [168, [0, 1, 2, 3, 4, 5, 6]],
  ] as const)('every %i hours: may be on each day', (everyHours, possible) => {
    const place = newPlace();
    const minutes = guids(300, 8).map((member) => minutesOf(slotOutside(night, member, everyHours, place)));
    expect([...new Set(minutes.map((minute) => Math.floor(minute / 1440)))].toSorted()).toEqual(possible);
    expect(minutes.every(Number.isInteger)).toBe(true);
  });

  it.each([
    [24, 'SLOT#24h#00849#1'],
    [48, 'SLOT#48h#00634#2'],
    [168, 'SLOT#168h#04801#1'],
  ] as const)('every %i hours: is the same in every version', (everyHours, slot) => {
    const member = { userGuid: 'USR-1', memberGuid: 'MBR-5' };
    expect(slotOutside(night, member, everyHours, newPlace())).toBe(slot);
  });

  it.each([
    [1, 59],
    [6, 119],
    [24, 479],
  ] as const)('every %i hours: has the one minute left', (everyHours, minute) => {
    // An hour from both ends it is 07:59 UTC.
    const day = { from: '09:00', to: '06:59', timeZone: 'UTC' };
    expect(minutesOf(slotOutside(day, { userGuid: 'USR-1', memberGuid: 'MBR-5' }, everyHours, newPlace()))).toBe(
      minute,
    );
  });

  it('is none where nothing of the day is left', () => {
    const all = { from: '00:00', to: '23:30', timeZone: 'Europe/Berlin' };
    expect(slotOutside(all, { userGuid: 'USR-1', memberGuid: 'MBR-1' }, 24, newPlace())).toBeNull();
  });

  it('has one turn each local day of a clock change', () => {
    const enrolment = { everyHours: 24, slot: 'SLOT#24h#00420#0' } as const;
    for (const [from, days] of [
      ['2026-03-06T00:00:00.000Z', 5],
      ['2026-10-30T00:00:00.000Z', 5],
    ] as const) {
      const quiet = { from: '20:00', to: '02:30', timeZone: 'America/New_York' };
      const due: string[] = [];
      for (let at: string | null = from; at !== null && due.length < days; ) {
        at = nextDueAt(enrolment, at, quiet);
        if (at !== null) due.push(new Intl.DateTimeFormat('en-CA', { timeZone: quiet.timeZone }).format(new Date(at)));
      }
      expect(new Set(due).size).toBe(days);
    }
  });
});

it.each([
  ['the first of two a day', 12, '2026-11-21T01:00:00.000Z', true],
  ['the second', 12, '2026-11-21T13:00:00.000Z', false],
  ['one a day', 24, '2026-11-21T23:59:00.000Z', true],
  ['one a week', 168, '2026-11-21T23:59:00.000Z', true],
] as const)('a turn is the first of its day: %s', (_what, everyHours, dueAt, is) => {
  const enrolled = { member: { userGuid: 'USR-1', memberGuid: 'MBR-1' }, everyHours, slot: '', ...noWishes };
  expect(isFirstOfDay(enrolled, dueAt)).toBe(is);
});

it.each([
  ['00:30', null, true],
  ['06:00', null, false],
  ['06:30', null, false],
  ['06:30', { from: '00:30', to: '00:31' }, true],
  ['06:30', { from: '00:31', to: '00:30' }, false],
  ['12:30', { from: '00:30', to: '06:31' }, true],
  ['12:30', { from: '06:30', to: '00:31' }, true],
  ['12:30', { from: '06:30', to: '07:00' }, false],
  ['12:30', { from: '00:30', to: '01:00' }, false],
  ['18:30', { from: '00:00', to: '12:31' }, true],
  ['18:30', { from: '00:00', to: '12:30' }, false],
])('first of four a day, at %s, quiet %j: %s', (time, hours, is) => {
  const quietHours = hours && { ...hours, timeZone: 'UTC' };
  const member = { userGuid: 'USR-1', memberGuid: 'MBR-1' };
  const enrolled = { member, everyHours: 6, slot: '', ...noWishes, quietHours } as const;
  expect(isFirstOfDay(enrolled, `2026-11-21T${time}:00.000Z`)).toBe(is);
});

it('a turn is looked for on two days, no further', () => {
  // 06:30 in Berlin until the clock goes forward, 07:30 after that.
  const quietHours = { from: '22:00', to: '07:00', timeZone: 'Europe/Berlin' };
  const turn = (day: string): string => `2026-03-${day}T05:30:00.000Z`;
  expect(turnOutside(turn('28'), 24, quietHours)).toBe(turn('29'));
  expect(turnOutside(turn('27'), 24, quietHours)).toBe(turn('27'));
});

import { describe, expect, it } from 'vitest';
import type { Column } from '../../../infra/operator/enrolment-columns.ts';
import { readRow } from '../../../infra/operator/enrolment-row.ts';

const good = { user: 'USR-1', member: 'MBR-1', every: '24' };
const night = { quiet_from: '22:00', quiet_to: '07:00', time_zone: 'Europe/Berlin' };
const read = (fields: Partial<Record<Column, string>> | null) =>
  readRow({ line: 2, fields, fieldCount: 3 }, { minHours: 12, columnCount: 7 });

describe('a line', () => {
  it('asks for a period', () => {
    expect(read(good)).toEqual({
      identifiers: { userIdentifier: 'USR-1', memberIdentifier: 'MBR-1' },
      asked: { everyHours: 24, wishes: { quietHours: null, maxAgeSeconds: null } },
    });
  });

  it('asks for quiet hours and a greatest age', () => {
    expect(read({ ...good, ...night, max_age: '3600' })).toMatchObject({
      asked: {
        wishes: { quietHours: { from: '22:00', to: '07:00', timeZone: 'Europe/Berlin' }, maxAgeSeconds: 3_600 },
      },
    });
  });

  it('may leave fields empty', () => {
    expect(read({ ...good, quiet_from: '', quiet_to: '', time_zone: '', max_age: '' })).toEqual(read(good));
  });

  it.each<[string, Partial<Record<Column, string>> | null, string]>([
    ['too few fields', null, 'it has 3 fields, the first line has 7'],
    [
      'no user',
      { ...good, user: '' },
      'user may only have letters, digits and . _ @ : -, 1 to 1000 of them, not dots alone; it is ""',
    ],
    [
      'a member with a slash',
      { ...good, member: 'a/b' },
      'member may only have letters, digits and . _ @ : -, 1 to 1000 of them, not dots alone; it is "a/b"',
    ],
    [
      'what a terminal would obey',
      { ...good, member: '\u001b[2J' },
      'member may only have letters, digits and . _ @ : -, 1 to 1000 of them, not dots alone; it is "\\u001b[2J"',
    ],
    ['no period', { ...good, every: '' }, 'every has to be one of 12, 24, 48, 72, 168; it is ""'],
    ['a period in words', { ...good, every: 'daily' }, 'every has to be one of 12, 24, 48, 72, 168; it is "daily"'],
    ['a period off the list', { ...good, every: '25' }, 'every has to be one of 12, 24, 48, 72, 168; it is "25"'],
    [
      'a long period',
      { ...good, every: '9'.repeat(50) },
      `every has to be one of 12, 24, 48, 72, 168; it is "${'9'.repeat(40)}…"`,
    ],
    ['a fraction', { ...good, every: '24.0' }, 'every has to be one of 12, 24, 48, 72, 168; it is "24.0"'],
    [
      'a period under the setting',
      { ...good, every: '6' },
      'every may not be less than 12 hours here (setting minScheduleHours)',
    ],
    [
      'no end of the night',
      { ...good, ...night, quiet_to: '' },
      'quiet_to has to be a time of day, HH:MM, beside the other one; it is ""',
    ],
    [
      'a spreadsheet’s time',
      { ...good, ...night, quiet_to: '7:00' },
      'quiet_to has to be a time of day, HH:MM, beside the other one; it is "7:00"',
    ],
    [
      'seconds',
      { ...good, ...night, quiet_from: '22:00:00' },
      'quiet_from has to be a time of day, HH:MM, beside the other one; it is "22:00:00"',
    ],
    ['a night of no length', { ...good, ...night, quiet_from: '07:00' }, 'from and to of quiet_hours may not be equal'],
    ['quiet hours without a zone', { ...good, ...night, time_zone: '' }, 'quiet_hours and time_zone need each other'],
    [
      'a zone without quiet hours',
      { ...good, time_zone: 'Europe/Berlin' },
      'quiet_hours and time_zone need each other',
    ],
    [
      'an unknown zone',
      { ...good, ...night, time_zone: 'Mars/X' },
      'time_zone has to be the IANA name of a time zone, such as Europe/Berlin',
    ],
    [
      'an age in words',
      { ...good, max_age: '1h' },
      'max_age has to be a whole number of seconds, or empty; it is "1h"',
    ],
    ['an age of zero', { ...good, max_age: '0' }, 'max_age has to be a whole number of seconds, 1 or more'],
    [
      'an age as long as the period',
      { ...good, max_age: '86400' },
      'max_age has to be less than every, or each second turn would be left out',
    ],
  ])('cannot be done with %s', (_what, fields, reason) => {
    expect(read(fields)).toEqual({ reason });
  });
});

import { describe, expect, it } from 'vitest';
import { earlierOf, laterOf, plusSeconds, readInstant, secondsBetween } from '../../../shared/domain/instant.ts';

describe('a time of MX’s', () => {
  it.each([
    ['2016-10-13T18:07:57.000Z', '2016-10-13T18:07:57.000Z'],
    ['2023-07-25T17:14:46Z', '2023-07-25T17:14:46.000Z'],
    ['2025-02-13T18:08:00+00:00', '2025-02-13T18:08:00.000Z'],
    ['2025-02-13T18:08:00-07:30', '2025-02-14T01:38:00.000Z'],
    ['2025-02-13T18:08:00.123456Z', '2025-02-13T18:08:00.123Z'],
    ['2025-02-13t18:08:00z', '2025-02-13T18:08:00.000Z'],
    ['2025-02-13T18:08+0100', '2025-02-13T17:08:00.000Z'],
  ])('%s is %s', (text, instant) => {
    expect(readInstant(text)).toBe(instant);
  });

  it.each([
    'JOB-2',
    'act-2001',
    '2001',
    '1',
    '',
    ' ',
    '2021-05-07',
    '2021-05-07T11:57:00',
    '2021-05-07 11:57:00Z',
    '2021-13-07T11:57:00Z',
    '2021-05-07T25:57:00Z',
    'Fri, 07 May 2021 11:57:00 GMT',
    '+012021-05-07T11:57:00Z',
    '9999-12-31T23:59:59-01:00',
    '0000-01-01T00:00:00+01:00',
    '2021-05-07T11:57:00Z (about)',
    ['2021-05-07T11:57:00Z'],
    null,
    undefined,
    1_620_388_620,
    true,
    {},
  ])('%j proves nothing', (value) => {
    expect(readInstant(value)).toBeNull();
  });
});

it('of two instants, the later and the earlier', () => {
  const [first, second] = ['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.001Z'] as const;
  expect([laterOf(first, second), laterOf(second, first), laterOf(first, first)]).toEqual([second, second, first]);
  expect([earlierOf(first, second), earlierOf(second, first)]).toEqual([first, first]);
});

it('moves by seconds and fractions, both ways', () => {
  expect(plusSeconds('2026-01-31T23:59:59.500Z', 0.5)).toBe('2026-02-01T00:00:00.000Z');
  expect(plusSeconds('2026-01-01T00:00:00.000Z', -1.25)).toBe('2025-12-31T23:59:58.750Z');
});

it('counts seconds from the first to the second', () => {
  expect(secondsBetween('2026-01-01T00:00:00.000Z', '2026-01-01T00:01:00.250Z')).toBe(60.25);
  expect(secondsBetween('2026-01-01T00:00:01.000Z', '2026-01-01T00:00:00.000Z')).toBe(-1);
});

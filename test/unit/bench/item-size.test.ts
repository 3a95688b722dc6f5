import { describe, expect, it } from 'vitest';
import { itemBytes, writeUnits } from '../../dynamodb/item-size.ts';

describe('the size of an item', () => {
  it('is that of its names and values', () => {
    expect(
      itemBytes({
        user_guid: { S: 'USR-1' }, // 9 + 5
        name: { S: 'Zürich €' }, // 4 + 11 (ü is 2 bytes, € is 3)
        balance: { N: '1500.50' }, // 7 + 1 + 3 (15005)
        debt: { N: '-1000' }, // 4 + 1 + 1 (1) + 1 (minus)
        zero: { N: '0' }, // 4 + 1
        small: { N: '1.5E-3' }, // 5 + 1 + 1 (15)
        listed: { BOOL: true }, // 6 + 1
        nickname: { NULL: true }, // 8 + 1
      }),
    ).toBe(14 + 15 + 11 + 7 + 5 + 7 + 7 + 9);
  });

  it('3 bytes for a list or map, one per element', () => {
    expect(
      itemBytes({
        claim: { M: { look: { N: '12' }, start: { M: { state: { S: 'unknown' } } } } },
        // claim 5 + 3 + 2 elements + look (4 + 2) + start (5 + 3 + 1 element + state 5 + 7) = 37
        starts: { L: [{ S: '2026-01-15T12:10:00.000Z' }, { S: '' }] }, // 6 + 3 + 2 + 24 = 35
        empty: { M: {} }, // 5 + 3 = 8
      }),
    ).toBe(37 + 35 + 8);
  });

  it('refuses what this service does not write', () => {
    expect(() => itemBytes({ set: { SS: ['a'] } })).toThrow('does not write');
  });
});

describe('write units', () => {
  const ofBytes = (bytes: number) => ({ a: { S: 'x'.repeat(bytes - 1) } });

  it.each([
    { before: null, after: ofBytes(1), units: 1 },
    { before: null, after: ofBytes(1024), units: 1 },
    { before: null, after: ofBytes(1025), units: 2 },
    { before: ofBytes(2049), after: ofBytes(10), units: 3 },
    { before: ofBytes(10), after: ofBytes(2048), units: 2 },
    { before: ofBytes(1500), after: null, units: 2 },
    { before: null, after: null, units: 1 },
  ])('go by the larger item, in whole KB: $units', ({ before, after, units }) => {
    expect(writeUnits(before, after)).toBe(units);
  });
});

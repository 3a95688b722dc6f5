import { decodeTime, isValid } from 'ulid';
import { describe, expect, it } from 'vitest';
import { stableUlid } from '../../../shared/domain/stable-id.ts';

const at = '2026-11-21T11:59:58.000Z';

describe('a stable ULID', () => {
  it('is a valid ULID with the given time', () => {
    const id = stableUlid(at, 'USR-1', 'MBR-1');
    expect(isValid(id)).toBe(true);
    expect(decodeTime(id)).toBe(Date.parse(at));
    expect(stableUlid(at, 'USR-1', 'MBR-1')).toBe(id);
  });

  it('of a time before 1970 begins as that of 1970', () => {
    for (const time of ['1970-01-01T00:00:00.000Z', '1969-01-01T00:00:00.000Z'])
      expect(stableUlid(time, 'x').slice(0, 10)).toBe('0000000000');
  });

  it('differs for other things, however they are cut', () => {
    const cuts = [['a', 'b'], ['ab'], ['a', 'b', ''], ['b', 'a'], ['a', 'B']];
    expect(new Set(cuts.map((parts) => stableUlid(at, ...parts))).size).toBe(cuts.length);
  });

  it('differs by member and time, sorts by time', () => {
    expect(stableUlid(at, 'USR-1', 'MBR-2')).not.toBe(stableUlid(at, 'USR-1', 'MBR-1'));
    expect(stableUlid('2026-11-21T11:59:59.000Z', 'USR-1', 'MBR-1') > stableUlid(at, 'USR-1', 'MBR-1')).toBe(true);
    // The random part is no longer than 80 bits for any input.
    for (let index = 0; index < 200; index += 1)
      expect(stableUlid(at, String(index))).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
  });
});

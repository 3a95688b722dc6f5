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

/** Items as the running stack writes them, sized by hand: each name, then its value. */
describe('by hand', () => {
  it('a member’s item with a claim has 335 bytes', () => {
    const item = {
      user_guid: { S: 'USR-33333333-3333-4333-8333-333333333333' }, // 9 + 40
      item_key: { S: 'MBR-8b633c9f-1b3d-4db0-878d-f5580b5c5fde' }, // 8 + 40
      mark: { S: '618e63f6' }, // 4 + 8
      // 5, 3 for a map and 10 for its members, which follow: 18
      claim: {
        M: {
          i: { S: 'RFR-01M8CEKZMRQ088D9Z53F80S29Y' }, // 1 + 30
          t: { S: 'h' }, // 1 + 1
          d: { N: '1795714347976' }, // 1 + 1 + 7 (13 digits)
          l: { N: '0' }, // 1 + 1
          bs: { S: 'CONNECTED' }, // 2 + 9
          bj: { S: 'JOB-2515770d-ad5c-4190-80d6-97eb06f96b17' }, // 2 + 40
          ba: { N: '1795692717000' }, // 2 + 1 + 5 (10 digits, as zeros at the end do not count)
          bk: { N: '1795692727000' }, // 2 + 1 + 5
          xs: { S: 'u' }, // 2 + 1
          xa: { N: '1795714317976' }, // 2 + 1 + 7
        },
      },
      open_shard: { S: '1' }, // 10 + 1
      open_since: { N: '1795714317976' }, // 10 + 1 + 7
      starts: { L: [{ N: '1795714317976.52' }] }, // 6 + 3 for a list + 1 for its element + 1 + 8 (15 digits)
      sv: { N: '1' }, // 2 + 1 + 1
      al: { S: 'EYWSB0EEZK' }, // 2 + 10
      ic: { S: 'mxbank' }, // 2 + 6
      sa: { N: '1795714317976' }, // 2 + 1 + 7
    };
    const claim = 18 + 31 + 2 + 9 + 2 + 11 + 42 + 8 + 8 + 3 + 10;
    expect(49 + 48 + 12 + claim + 11 + 18 + 19 + 4 + 12 + 8 + 10).toBe(335);
    expect(itemBytes(item)).toBe(335);
    expect(writeUnits(null, item)).toBe(1);
  });

  it('an account’s item has 770 bytes', () => {
    const item = {
      account_number: { S: '****0685' }, // 14 + 8
      available_balance: { N: '500000' }, // 17 + 1 + 1
      balance: { N: '500000' }, // 7 + 1 + 1
      created_at: { S: '2026-11-25T11:31:57+00:00' }, // 10 + 25
      currency_code: { S: 'USD' }, // 13 + 3
      guid: { S: 'ACT-2091f44f-d89f-4a44-8f71-4051317c6c82' }, // 4 + 40
      id: { S: 'act-23445745' }, // 2 + 12
      imported_at: { S: '2026-11-26T17:31:58.000Z' }, // 11 + 24
      institution_code: { S: 'mxbank' }, // 16 + 6
      is_closed: { BOOL: false }, // 9 + 1
      is_hidden: { BOOL: false }, // 9 + 1
      is_manual: { BOOL: false }, // 9 + 1
      member_guid: { S: 'MBR-8b633c9f-1b3d-4db0-878d-f5580b5c5fde' }, // 11 + 40
      member_id: { S: 'added-1' }, // 9 + 7
      member_is_managed_by_user: { BOOL: true }, // 25 + 1
      name: { S: 'MX Checking' }, // 4 + 11
      routing_number: { S: '005026788' }, // 14 + 9
      subtype: { S: 'NONE' }, // 7 + 4
      type: { S: 'CHECKING' }, // 4 + 8
      updated_at: { S: '2026-11-26T11:32:07+00:00' }, // 10 + 25
      user_guid: { S: 'USR-33333333-3333-4333-8333-333333333333' }, // 9 + 40
      user_id: { S: 'user-3' }, // 7 + 6
      // 11 + 40 + 1 + 40
      account_key: { S: 'MBR-8b633c9f-1b3d-4db0-878d-f5580b5c5fde#ACT-2091f44f-d89f-4a44-8f71-4051317c6c82' },
      schema_version: { N: '2' }, // 14 + 1 + 1
      observed_at: { S: '2026-11-26T17:31:59.313Z' }, // 11 + 24
      fresh_as_of: { S: '2026-11-26T17:31:59.313Z' }, // 11 + 24
      amounts_since: { S: '2026-11-26T17:31:59.313Z' }, // 13 + 24
      refresh_id: { S: 'RFR-01M8CEKZMRQ088D9Z53F80S29Y' }, // 10 + 30
      trigger: { S: 'http' }, // 7 + 4
      listed: { BOOL: true }, // 6 + 1
    };
    const ofMx =
      22 + 19 + 9 + 35 + 16 + 44 + 14 + 35 + 22 + 10 + 10 + 10 + 51 + 16 + 26 + 15 + 23 + 11 + 12 + 35 + 49 + 13;
    const ours = 92 + 16 + 35 + 35 + 37 + 40 + 11 + 7;
    expect(ofMx + ours).toBe(770);
    expect(itemBytes(item)).toBe(770);
    expect(writeUnits(item, item)).toBe(1);
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

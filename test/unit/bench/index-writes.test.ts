import { describe, expect, it } from 'vitest';
import { indexWriteUnits } from '../../bench/index-writes.ts';
import type { Item } from '../../dynamodb/item-size.ts';

/** Sparse, keys only. */
const open = {
  name: 'open',
  keys: ['open_shard', 'open_since'],
  projected: new Set(['user_guid', 'item_key', 'open_shard', 'open_since']),
};
/** The whole item. */
const byMember = { name: 'by_member', keys: ['member_key', 'refresh_id'], projected: null };

const key: Item = { user_guid: { S: 'USR-1' }, item_key: { S: 'MBR-1' } };
const claimed: Item = { ...key, open_shard: { S: '1' }, open_since: { S: '2026' }, claim: { M: { look: { N: '1' } } } };
const looked: Item = { ...claimed, claim: { M: { look: { N: '2' } } } };
const refresh = (status: string, kilobytes = 0): Item => ({
  member_key: { S: 'USR-1#MBR-1' },
  refresh_id: { S: 'RFR-1' },
  refresh: { M: { status: { S: status }, message: { S: 'x'.repeat(1024 * kilobytes) } } },
});

describe('an index is written', () => {
  it.each([
    { why: 'once when an item enters', index: open, before: key, after: claimed, units: 1 },
    { why: 'once when a new item enters', index: open, before: null, after: claimed, units: 1 },
    { why: 'once when an item leaves', index: open, before: claimed, after: key, units: 1 },
    { why: 'once when an item in it is deleted', index: open, before: claimed, after: null, units: 1 },
    { why: 'not for what it does not project', index: open, before: claimed, after: looked, units: 0 },
    {
      why: 'not for an item that stays outside',
      index: open,
      before: key,
      after: { ...key, seen: { N: '1' } },
      units: 0,
    },
    {
      why: 'not when one key is missing',
      index: open,
      before: key,
      after: { ...key, open_shard: { S: '1' } },
      units: 0,
    },
    {
      why: 'twice when its key changes',
      index: open,
      before: claimed,
      after: { ...claimed, open_since: { S: '2027' } },
      units: 2,
    },
    {
      why: 'once for a projected attribute',
      index: byMember,
      before: refresh('running'),
      after: refresh('ended'),
      units: 1,
    },
    { why: 'not when nothing changed', index: byMember, before: refresh('ended'), after: refresh('ended'), units: 0 },
    {
      why: 'by the larger projection',
      index: byMember,
      before: refresh('running', 2),
      after: refresh('ended'),
      units: 3,
    },
  ])('$why: $units', ({ index, before, after, units }) => {
    expect(indexWriteUnits(index, before, after)).toBe(units);
  });

  it('regardless of the order of a map’s entries', () => {
    const one: Item = { ...refresh('ended'), refresh: { M: { a: { N: '1' }, b: { N: '2' } } } };
    const other: Item = { ...refresh('ended'), refresh: { M: { b: { N: '2' }, a: { N: '1' } } } };
    expect(indexWriteUnits(byMember, one, other)).toBe(0);
  });
});

/** What is stored for a value, letter by letter, and what no value is. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { fromAttribute, recordFromAttribute, toAttribute } from '../../../shared/clients/attribute-values.ts';
import { fromItem, toItem } from '../../../shared/clients/balances-table.ts';
import { claimToAttribute } from '../../../shared/clients/claim-attributes.ts';
import { toRecord } from '../../../shared/clients/member-item.ts';
import type { StoredBalance } from '../../../shared/domain/balance.ts';
import { Decimal } from '../../../shared/domain/decimal.ts';
import type { OpenClaim, SentStart } from '../../../shared/domain/refresh.ts';
import { at, claim } from '../../samples.ts';

describe('an attribute', () => {
  it.each<[unknown, AttributeValue]>([
    [null, { NULL: true }],
    ['', { S: '' }],
    [false, { BOOL: false }],
    [7, { N: '7' }],
    [Decimal.of('0.10'), { N: '0.10' }],
    [[1, 'a'], { L: [{ N: '1' }, { S: 'a' }] }],
    [{ a: undefined, b: 1 }, { M: { b: { N: '1' } } }],
  ])('of %j', (value, attribute) => {
    expect(toAttribute(value)).toEqual(attribute);
  });

  it.each([1.5, Number.NaN, 2 ** 53, undefined, () => {}, 1n])('is none of %s', (value) => {
    expect(() => toAttribute(value)).toThrow(`no attribute value for a ${typeof value}`);
  });

  it.each<AttributeValue>([{ SS: ['a'] }, { B: new Uint8Array(1) }])('of another kind is refused: %j', (attribute) => {
    expect(() => fromAttribute(attribute)).toThrow('of a type that this service does not write');
  });

  it('of a record has counts as numbers, at any depth', () => {
    const M = {
      a: { N: '1' },
      b: { L: [{ N: '2' }] },
      c: { M: { d_e: { N: '3' }, f: { NULL: true } } },
      g: { S: 'x' },
    };
    expect(recordFromAttribute({ M }, { h: null })).toEqual({ a: 1, b: [2], c: { dE: 3, f: null }, g: 'x', h: null });
  });
});

describe('a claim has a letter for', () => {
  const written = (given: Partial<OpenClaim>) => claimToAttribute({ ...claim(), ...given }).M ?? {};
  const readBack = (given: Partial<OpenClaim>) =>
    toRecord({
      user_guid: { S: 'USR-1' },
      item_key: { S: 'MBR-1' },
      open_since: { N: String(Date.parse(claim().acceptedAt)) },
      claim: { M: written(given) },
    }).claim;

  it.each([
    ['http', 'h'],
    ['schedule', 's'],
    ['mx_webhook', 'w'],
  ] as const)('the trigger %s: %s', (trigger, letter) => {
    expect(written({ trigger })['t']).toEqual({ S: letter });
    expect(readBack({ trigger })?.trigger).toBe(trigger);
  });

  it.each<[SentStart['state'], string]>([
    ['unknown', 'u'],
    ['accepted', 'a'],
    ['conflict', 'c'],
    ['rate_limited', 'r'],
    ['attached', 'j'],
  ])('the start that is %s: %s', (state, letter) => {
    const start: SentStart = { state, at: at(0), count: 1, lookNumber: 0, jobGuid: null };
    expect(written({ start })['xs']).toEqual({ S: letter });
    expect(readBack({ start })).toMatchObject({ start });
  });

  it.each([
    ['mx_unavailable', 'u'],
    ['mx_timeout', 't'],
    ['mx_bad_answer', 'b'],
    ['mx_rate_limited', 'r'],
    ['mx_conflict', 'c'],
    ['mx_not_found', 'n'],
  ] as const)('a look that was answered %s: %s', (code, letter) => {
    const unanswered = { code, nextLookAt: at(60) };
    expect(written({ unanswered })['e']).toEqual({ S: letter });
    expect(readBack({ unanswered })).toMatchObject({ unanswered });
  });

  it('nothing else: a letter of no meaning is refused', () => {
    expect(() =>
      toRecord({
        user_guid: { S: 'USR-1' },
        item_key: { S: 'MBR-1' },
        open_since: { N: '1795262400000' },
        claim: { M: { ...written({}), t: { S: 'z' } } },
      }),
    ).toThrow('has a letter that stands for nothing');
  });
});

describe('an item of the balances table', () => {
  const balance: StoredBalance = {
    member: { userGuid: 'USR-1', memberGuid: 'MBR-1' },
    accountGuid: 'ACT-1',
    fields: { guid: 'ACT-1', user_guid: 'USR-1', member_guid: 'MBR-1', balance: Decimal.of('1.50') },
    observedAt: at(0),
    freshAsOf: at(-9),
    amountsSince: at(-60),
    staleReason: 'unreadable',
    refreshId: 'RFR-1',
    trigger: 'http',
    lastChange: { previousBalance: null, refreshId: 'RFR-0', at: at(-60) },
    listed: false,
  };

  it.each<Partial<StoredBalance>>([
    {},
    { staleReason: 'not_imported' },
    { staleReason: null },
    { listed: true },
    { lastChange: null },
    { lastChange: { previousBalance: Decimal.of('0.10'), refreshId: 'RFR-0', at: at(-60) } },
  ])('is read as it was written: %j', (given) => {
    expect(fromItem(toItem({ ...balance, ...given }))).toEqual({ ...balance, ...given });
  });

  it.each([
    'account_key',
    'user_guid',
    'member_guid',
    'guid',
    'observed_at',
    'fresh_as_of',
    'amounts_since',
    'refresh_id',
  ])('is refused without %s', (name) => {
    const { [name]: _, ...item } = toItem(balance);
    expect(() => fromItem(item)).toThrow('has no keys or no times');
  });

  it.each<AttributeValue | undefined>([undefined, { S: '2' }, { N: '3' }])('is refused as of version %j', (version) => {
    const { schema_version: _, ...item } = toItem(balance);
    const given = version === undefined ? item : { ...item, schema_version: version };
    expect(() => fromItem(given)).toThrow('not of schema_version 2');
  });

  it.each(['changed_at', 'changed_by_refresh'])('has no last change without %s', (name) => {
    const { [name]: _, ...item } = toItem(balance);
    expect(fromItem(item).lastChange).toBeNull();
  });

  it('has no attribute for a balance that was missing', () => {
    expect(toItem(balance)).not.toHaveProperty('previous_balance');
    expect(toItem({ ...balance, staleReason: null })).not.toHaveProperty('stale_reason');
  });

  it('has no reason that is none', () => {
    expect(fromItem({ ...toItem(balance), stale_reason: { S: 'new_one' } }).staleReason).toBeNull();
  });
});

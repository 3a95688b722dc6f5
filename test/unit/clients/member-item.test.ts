import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import type { Item } from '../../../shared/clients/attribute-values.ts';
import { claimToAttribute } from '../../../shared/clients/claim-attributes.ts';
import { attemptToAttribute, toRecord } from '../../../shared/clients/member-item.ts';
import type { Attempt, EndedClaim, OpenClaim } from '../../../shared/domain/refresh.ts';
import { claim } from '../../samples.ts';

const map = (M: Item) => ({ M });
const text = (S: string) => ({ S });
const number = (N: string) => ({ N });

/** 2026-11-21T12:00:00.000Z */
const T0 = number('1795262400000');

/** The attribute of the sample claim. */
const stored = map({
  i: text('RFR-1'),
  t: text('h'),
  d: number('1795263000000'),
  bs: text('CONNECTED'),
  bj: text('JOB-old'),
  ba: number('1795240800000'),
  bk: number('1795240809000'),
  xs: text('a'),
  xa: T0,
  xj: text('JOB-new'),
  l: number('1'),
  o: number('1795262405000'),
});

const { xs: _, xa: __, xj: ___, bs: ____, bj: _____, ba: ______, bk: _______, ...withoutStart } = stored.M;

const itemWith = (attribute: AttributeValue, more: Item = {}): Item => ({
  user_guid: text('USR-1'),
  item_key: text('MBR-1'),
  claim: attribute,
  open_since: T0,
  ...more,
});

const attempt: Attempt = {
  refreshId: 'RFR-1',
  trigger: 'schedule',
  acceptedAt: '2026-11-21T12:00:00.000Z',
  outcome: 'failed',
  action: 'retry_later',
  code: 'degraded',
  connectionStatus: null,
  endedAt: '2026-11-21T12:00:09.000Z',
  observedAt: null,
  hasDetails: true,
};

const storedAttempt = map({
  refresh_id: text('RFR-1'),
  trigger: text('schedule'),
  outcome: text('failed'),
  action: text('retry_later'),
  code: text('degraded'),
  ended_at: text('2026-11-21T12:00:09.000Z'),
  a: T0,
  d: { BOOL: true },
});

describe('a claim', () => {
  it.each<[string, OpenClaim, AttributeValue]>([
    ['with a POST', claim(), stored],
    ['without one, and MX never read', { ...claim(), baseline: null, start: { state: 'none' } }, map(withoutStart)],
    [
      'with everything that it can know',
      {
        ...claim(),
        trigger: 'schedule',
        phase: 'storing',
        callerTag: '07',
        userPresent: true,
        baseline: {
          connectionStatus: null,
          mostRecentJobGuid: null,
          aggregatedAt: null,
          successfullyAggregatedAt: null,
          isBeingAggregated: true,
          answeredAt: '2026-11-21T12:00:00.000Z',
        },
        start: { state: 'unknown', at: '2026-11-21T12:00:00.000Z', count: 2, lookNumber: 3, jobGuid: null },
        flagSeen: true,
        jobAggregatedAt: '2026-11-21T12:00:00.000Z',
        questions: 'ABCDEFGHJK',
      },
      map({
        ...withoutStart,
        t: text('s'),
        p: text('s'),
        k: text('07'),
        u: { BOOL: true },
        bs: { NULL: true },
        bf: { BOOL: true },
        bd: T0,
        xs: text('u'),
        xa: T0,
        xc: number('2'),
        xl: number('3'),
        f: { BOOL: true },
        g: T0,
        q: text('ABCDEFGHJK'),
      }),
    ],
  ])('%s has these attributes, and is read back from them', (_what, given, attribute) => {
    expect(claimToAttribute(given)).toEqual(attribute);
    expect(toRecord(itemWith(attribute)).claim).toEqual(given);
  });

  it('an ended refresh has the last attempt as result', () => {
    const ended = map({ i: text('RFR-1'), t: text('s'), p: text('e'), d: T0, l: number('1'), bs: { NULL: true } });
    const { refreshId: _id, trigger: _trigger, acceptedAt, ...result } = attempt;
    const given: EndedClaim = {
      refreshId: 'RFR-1',
      trigger: 'schedule',
      phase: 'ended',
      acceptedAt,
      deadline: '2026-11-21T12:00:00.000Z',
      userPresent: false,
      correlationId: null,
      lookNumber: 1,
      lookedAt: null,
      baseline: { connectionStatus: null },
      result,
    };
    expect(toRecord(itemWith(ended, { last_attempt: storedAttempt })).claim).toEqual(given);
  });

  it.each<[string, Item, string]>([
    ['an end without its attempt', itemWith(map({ ...stored.M, p: text('e') })), 'has no result'],
    [
      'an end with another attempt',
      itemWith(map({ ...stored.M, p: text('e'), i: text('RFR-2') }), { last_attempt: storedAttempt }),
      'has no result',
    ],
    ['a start without a time', itemWith(map({ ...withoutStart, xs: text('u') })), 'has a time'],
    ['a start in no state', itemWith(map({ ...stored.M, xs: text('z') })), 'stands for nothing'],
    ['no deadline', itemWith(map({ i: text('RFR-1'), t: text('h') })), 'lacks its times'],
  ])('with %s is refused', (_what, item, message) => {
    expect(() => toRecord(item)).toThrow(message);
  });
});

it('an attempt has these attributes, read back the same', () => {
  expect(attemptToAttribute(attempt)).toEqual(storedAttempt);
  const item = { user_guid: text('USR-1'), item_key: text('MBR-1'), last_attempt: storedAttempt };
  expect(toRecord(item).lastAttempt).toEqual(attempt);
});

it.each<[string, Item, string]>([
  ['an attempt', { last_attempt: map({ refresh_id: text('RFR-1') }) }, 'has a time'],
  ['a change', { uc: map({ a: text('DENIED') }) }, 'has a time'],
  ['a period', { en: map({ h: number('5'), s: text('') }) }, 'not on offer'],
])('%s that cannot be is refused', (_what, item, message) => {
  expect(() => toRecord(item)).toThrow(message);
});

import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import type { Item } from '../../../shared/clients/attribute-values.ts';
import { claimToAttribute, toRecord } from '../../../shared/clients/member-item.ts';
import type { RunningClaim } from '../../../shared/domain/refresh.ts';
import { claim } from '../../samples.ts';

const map = (M: Item) => ({ M });
const text = (S: string) => ({ S });
const count = (N: string) => ({ N });

/** The item of the sample claim, as every version of this service has stored it. */
const stored = map({
  refresh_id: text('RFR-1'),
  trigger: text('http'),
  phase: text('running'),
  accepted_at: text('2026-11-21T12:00:00.000Z'),
  deadline: text('2026-11-21T12:10:00.000Z'),
  user_present: { BOOL: false },
  baseline: map({
    connection_status: text('CONNECTED'),
    most_recent_job_guid: text('JOB-old'),
    aggregated_at: text('2026-11-21T06:00:00.000Z'),
    successfully_aggregated_at: text('2026-11-21T06:00:09.000Z'),
    is_being_aggregated: { BOOL: false },
  }),
  start: map({
    state: text('accepted'),
    at: text('2026-11-21T12:00:00.000Z'),
    count: count('1'),
    look: count('0'),
    job_guid: text('JOB-new'),
  }),
  look: count('1'),
  looked_at: text('2026-11-21T12:00:05.000Z'),
  flag_seen: { BOOL: false },
  challenges: { L: [] },
});

const unsent: RunningClaim = { ...claim(), start: { state: 'none' } };

/** A start that was not sent: the same attributes, so that a condition may ask for any of them. */
const storedUnsent = map({
  ...stored.M,
  start: map({
    state: text('none'),
    at: { NULL: true },
    count: count('0'),
    look: count('0'),
    job_guid: { NULL: true },
  }),
});

const itemWith = (attribute: AttributeValue): Item => ({
  user_guid: text('USR-1'),
  item_key: text('MBR-1'),
  claim: attribute,
});

describe('a claim', () => {
  it.each([
    ['with a POST', claim(), stored],
    ['without one', unsent, storedUnsent],
  ])('%s has these attributes, and is read back from them', (_what, given: RunningClaim, attribute) => {
    expect(claimToAttribute(given)).toEqual(attribute);
    expect(toRecord(itemWith(attribute)).claim).toEqual(given);
  });

  it('that has ended is read with its result', () => {
    const result = map({
      outcome: text('failed'),
      action: text('retry_later'),
      code: text('degraded'),
      message: text('x'),
      ended_at: text('2026-11-21T12:00:09.000Z'),
    });
    const ended = map({ ...stored.M, phase: text('ended'), result });
    expect(toRecord(itemWith(ended)).claim).toEqual({
      ...claim(),
      phase: 'ended',
      result: {
        outcome: 'failed',
        action: 'retry_later',
        code: 'degraded',
        message: 'x',
        userMessage: null,
        connectionStatus: null,
        challenges: [],
        endedAt: '2026-11-21T12:00:09.000Z',
        observedAt: null,
      },
    });
  });

  it('in a phase that its attributes do not allow is refused', () => {
    expect(() => toRecord(itemWith(map({ ...stored.M, phase: text('ended') })))).toThrow('has no result');
    const start = map({ state: text('unknown'), count: count('1'), look: count('0') });
    expect(() => toRecord(itemWith(map({ ...stored.M, start })))).toThrow('has a time');
  });
});

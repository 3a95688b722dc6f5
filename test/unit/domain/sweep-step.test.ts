import { describe, expect, it } from 'vitest';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import {
  type Claim,
  type EndedClaim,
  LOOK_TIMEOUT_SECONDS,
  type RunningClaim,
  type StoringClaim,
} from '../../../shared/domain/refresh.ts';
import { sweepStep } from '../../../shared/domain/sweep.ts';
import { claim, policy, T0 } from '../../samples.ts';

const at = (seconds: number) => plusSeconds(T0, seconds);
const lookedAt = (seconds: number): Pick<Claim, 'lookedAt'> => ({ lookedAt: at(seconds) });
const result = (endedAfter: number): EndedClaim['result'] => ({
  outcome: 'failed',
  action: 'retry_later',
  code: 'failed',
  connectionStatus: 'FAILED',
  hasDetails: false,
  endedAt: at(endedAfter),
  observedAt: null,
});
const TIMEOUT = LOOK_TIMEOUT_SECONDS;
const SILENCE = policy.maxLookGapSeconds + TIMEOUT;
const { deadlineSeconds: DEADLINE } = policy;
type Given = Partial<RunningClaim> | Partial<StoringClaim> | Pick<EndedClaim, 'phase' | 'result'>;

const storing = { phase: 'storing' } as const;
const ended = (after: number): Given => ({ phase: 'ended', result: result(after) });
const claimWith = (given: Given): Claim => ({ ...claim(), ...given }) as Claim;

describe('the sweep', () => {
  it.each<[string, Given, number, string]>([
    ['leaves a refresh that is looked at', lookedAt(5), 20, 'leave'],
    ['leaves one whose next look may still be due', lookedAt(100), 100 + SILENCE - 1, 'leave'],
    ['looks at one whose message is gone', lookedAt(100), 100 + SILENCE, 'look'],
    ['leaves one that was only just accepted', { lookNumber: 0, lookedAt: null }, SILENCE - 1, 'leave'],
    ['looks at one whose first look never came', { lookNumber: 0, lookedAt: null }, SILENCE, 'look'],
    ['does not end one a moment before its deadline', lookedAt(DEADLINE - 10), DEADLINE - 0.001, 'leave'],
    ['ends one at its deadline', lookedAt(DEADLINE - 10), DEADLINE, 'end'],
    ['ends one long after its deadline', lookedAt(5), 90_000, 'end'],
    ['leaves one that is being stored', { ...storing, ...lookedAt(50) }, 50 + TIMEOUT - 1, 'leave'],
    ['sends a storing message again once its function is over', { ...storing, ...lookedAt(50) }, 50 + TIMEOUT, 'look'],
    [
      'leaves one that is being stored at its deadline',
      { ...storing, ...lookedAt(DEADLINE - 5) },
      DEADLINE + 1,
      'leave',
    ],
    [
      'ends one whose storing was interrupted, after its deadline',
      { ...storing, ...lookedAt(50) },
      DEADLINE,
      'end_storing',
    ],
    [
      'ends one whose storing function is just over, at its deadline',
      { ...storing, ...lookedAt(DEADLINE - TIMEOUT) },
      DEADLINE,
      'end_storing',
    ],
    ['leaves one that is being published', ended(60), 60 + TIMEOUT - 1, 'leave'],
    ['publishes one that was not published', ended(60), 60 + TIMEOUT, 'publish'],
    ['publishes one that ended at its deadline, and does not end it again', ended(DEADLINE), DEADLINE + 90, 'publish'],
  ])('%s', (_what, given, after, step) => {
    expect(sweepStep(claimWith(given), at(after), policy, []).kind).toBe(step);
  });

  it('looks again 90 s after a crashed look', () => {
    const steps = [89, 90].map((after) =>
      sweepStep(claimWith(lookedAt(0)), at(after), { ...policy, maxLookGapSeconds: 60 }, []),
    );
    expect(steps.map(({ kind }) => kind)).toEqual(['leave', 'look']);
  });

  it('handles every phase soon after its deadline', () => {
    const late = at(DEADLINE + 2 * TIMEOUT);
    for (const given of [
      lookedAt(DEADLINE),
      { ...storing, ...lookedAt(DEADLINE) },
      ended(DEADLINE),
      { lookedAt: null },
    ]) {
      expect(sweepStep(claimWith(given), late, policy, []).kind).not.toBe('leave');
    }
  });

  describe('with a pause', () => {
    const step = (given: Given, after: number, from: number, until: number): string =>
      sweepStep(claimWith(given), at(after), policy, [{ from: at(from), until: at(until) }]).kind;

    it.each<[string, Given, number, string]>([
      ['that goes on, leaves what is due', lookedAt(DEADLINE - 20), DEADLINE + 50, 'leave'],
      ['that goes on, leaves what is silent', lookedAt(5), DEADLINE - 5, 'leave'],
      ['that goes on, leaves what is being stored', { ...storing, ...lookedAt(5) }, DEADLINE - 5, 'leave'],
      ['that goes on, publishes', ended(DEADLINE - 60), DEADLINE - 5, 'publish'],
    ])('%s', (_what, given, after, expected) => {
      expect(step(given, after, DEADLINE - 10, DEADLINE + 3_590)).toBe(expected);
    });

    it.each<[string, number, string]>([
      ['looks until the later deadline', DEADLINE + 3_599.999, 'look'],
      ['ends then', DEADLINE + 3_600, 'end'],
    ])('that is over, %s', (_what, after, expected) => {
      expect(step(lookedAt(5), after, 10, 3_610)).toBe(expected);
    });

    it.each<[string, number, string]>([
      ['leaves what may come back', 3_610 + 89.999, 'leave'],
      ['looks for what did not', 3_610 + 90, 'look'],
    ])('that was over a moment ago, %s', (_what, after, expected) => {
      const given = claimWith(lookedAt(5));
      const pauses = [{ from: at(10), until: at(3_610) }];
      expect(sweepStep(given, at(after), { ...policy, maxLookGapSeconds: 60 }, pauses).kind).toBe(expected);
    });
  });
});

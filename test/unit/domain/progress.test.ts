import { describe, expect, it } from 'vitest';
import { type Progress, progressOf, unansweredCode } from '../../../shared/domain/progress.ts';
import type { RunningClaim } from '../../../shared/domain/refresh.ts';
import { at, claim } from '../../samples.ts';

const { start } = claim();
const unanswered = { code: 'mx_timeout', nextLookAt: at(9) } as const;
const looked = { lastLookAt: at(5), nextLookAt: null };
const started: Progress = { jobStarted: true, waitsFor: null, ...looked };
const waiting = (waitsFor: Progress['waitsFor']): Progress => ({ jobStarted: false, waitsFor, ...looked });

describe('a refresh that runs', () => {
  it.each<[string, Partial<RunningClaim>, Progress]>([
    [
      'has not started: MX was away before its POST',
      { start: { state: 'none' }, lookedAt: null, unanswered },
      { jobStarted: false, waitsFor: 'mx_timeout', lastLookAt: null, nextLookAt: at(9) },
    ],
    ['has not started: nothing was sent', { start: { state: 'none' } }, waiting('mx_unavailable')],
    [
      'has not started: its POST is unanswered',
      { start: { ...start, state: 'unknown' } },
      waiting('start_not_confirmed'),
    ],
    ['has started: the flag was seen after it', { start: { ...start, state: 'unknown' }, flagSeen: true }, started],
    ['has started: MX shows when', { start: { ...start, state: 'unknown' }, jobAggregatedAt: at(2) }, started],
    ['has started: MX answered 202', {}, started],
    ['has started, and MX is away now', { unanswered }, { ...started, waitsFor: 'mx_timeout', nextLookAt: at(9) }],
    ['has not started: 409', { start: { ...start, state: 'conflict' } }, waiting('mx_conflict')],
    [
      'has not started: 409, and the other job is seen',
      { start: { ...start, state: 'conflict' }, flagSeen: true, jobAggregatedAt: at(2) },
      waiting('mx_conflict'),
    ],
    [
      'has not started: 409, and MX is away now',
      { start: { ...start, state: 'conflict' }, unanswered },
      { jobStarted: false, waitsFor: 'mx_timeout', lastLookAt: at(5), nextLookAt: at(9) },
    ],
    ['has not started: 429', { start: { ...start, state: 'rate_limited' } }, waiting('mx_rate_limited')],
  ])('%s', (_how, given, progress) => {
    expect(progressOf({ ...claim(), ...given })).toEqual(progress);
  });

  it.each([
    ['mx_bad_answer', 'mx_bad_answer'],
    ['mx_not_found', 'mx_not_found'],
    ['busy', 'mx_unavailable'],
  ] as const)('after a look that failed with %s says %s', (failure, code) => {
    expect(unansweredCode(failure)).toBe(code);
  });
});

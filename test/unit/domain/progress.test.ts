import { describe, expect, it } from 'vitest';
import { type Progress, progressOf } from '../../../shared/domain/progress.ts';
import type { RunningClaim } from '../../../shared/domain/refresh.ts';
import { at, claim } from '../../samples.ts';

const { start } = claim();
const started: Progress = { jobStarted: true, waitsFor: null };
const waiting = (waitsFor: Progress['waitsFor']): Progress => ({ jobStarted: false, waitsFor });

describe('a refresh that runs', () => {
  it.each<[string, Partial<RunningClaim>, Progress]>([
    ['has not started: MX was away before its POST', { start: { state: 'none' } }, waiting('mx_unavailable')],
    [
      'has not started: its POST is unanswered',
      { start: { ...start, state: 'unknown' } },
      waiting('start_not_confirmed'),
    ],
    ['has started: the flag was seen after it', { start: { ...start, state: 'unknown' }, flagSeen: true }, started],
    ['has started: MX shows when', { start: { ...start, state: 'unknown' }, jobAggregatedAt: at(2) }, started],
    ['has started: MX answered 202', {}, started],
    ['has not started: 409', { start: { ...start, state: 'conflict' } }, waiting('mx_conflict')],
    [
      'has not started: 409, and the other job is seen',
      { start: { ...start, state: 'conflict' }, flagSeen: true, jobAggregatedAt: at(2) },
      waiting('mx_conflict'),
    ],
    ['has not started: 429', { start: { ...start, state: 'rate_limited' } }, waiting('mx_rate_limited')],
  ])('%s', (_how, given, progress) => {
    expect(progressOf({ ...claim(), ...given })).toEqual(progress);
  });
});

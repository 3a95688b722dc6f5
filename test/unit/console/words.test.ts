import { describe, expect, it } from 'vitest';
import { withStep } from '../../../infra/console/page/steps.ts';
import { memberHash, viewOf } from '../../../infra/console/page/view.ts';
import { ago, clockTime, clockWords, freshnessWords, rangeWords, span } from '../../../infra/console/page/words.ts';
import type { RunningShown } from '../../../infra/console/shapes.ts';

const nowMs = Date.parse('2026-11-27T12:00:00.000Z');

describe('words of the page', () => {
  it.each([
    [0, '0 s'],
    [119, '119 s'],
    [120, '2 min'],
    [7_199, '119 min'],
    [7_200, '2 h'],
    [172_800, '2 d'],
    [-5, '0 s'],
  ])('%d seconds: %s', (seconds, words) => {
    expect(span(seconds)).toBe(words);
  });

  it.each([
    ['2026-11-27T11:59:58.000Z', '2 s ago'],
    ['2026-11-27T12:00:00.400Z', '0 s ago'],
    ['2026-11-27T12:05:00.000Z', 'in 5 min'],
    ['not a time', 'not a time'],
  ])('%s: %s', (at, words) => {
    expect(ago(at, nowMs)).toBe(words);
  });

  it.each([
    ['2026-11-27T11:00:01.500Z', 'UTC', '11:00:01'],
    ['2026-11-26T11:00:00.000Z', 'UTC', '2026-11-26 11:00:00'],
    // The same day in UTC, the next one where the reader is.
    ['2026-11-27T23:30:00.000Z', 'Europe/Berlin', '2026-11-28 00:30:00'],
    ['not a time', 'UTC', 'not a time'],
  ])('%s in %s: %s', (at, zone, words) => {
    expect(clockTime(at, nowMs, zone)).toBe(words);
  });

  it.each([
    [3_600, 'This machine’s clock is 60 min ahead of the API’s. Ages here are counted by the API’s clock.'],
    [-3_600, 'This machine’s clock is 60 min behind the API’s. Ages here are counted by the API’s clock.'],
  ])('a clock %d s ahead', (ahead, words) => {
    expect(clockWords(ahead)).toBe(words);
  });

  it.each([
    [{ from: 7.3, to: 9.7 }, '7.3–9.7 s'],
    [{ from: 60, to: null }, '60 s or more'],
    [null, 'not known'],
  ])('a range of %o', (range, words) => {
    expect(rangeWords(range)).toBe(words);
  });
});

describe('freshness of an account', () => {
  const words = (freshAsOf: string | null, staleBecause: string | null = null) =>
    freshnessWords({ freshAsOf, staleBecause }, { nowMs, staleAfterSeconds: 86_400 });

  it.each([
    ['2026-11-27T11:50:00.000Z', null, 'fresh', 'as of 10 min ago'],
    ['2026-11-26T12:00:00.000Z', null, 'fresh', 'as of 24 h ago'],
    ['2026-11-26T11:59:59.000Z', null, 'stale', 'as of 24 h ago, older than the 24 h that are allowed'],
    ['2026-11-27T11:50:00.000Z', 'MX no longer lists it', 'stale', 'as of 10 min ago: MX no longer lists it'],
    [null, null, 'stale', 'its age is not known'],
  ])('%s, %s: %s', (freshAsOf, because, verdict, text) => {
    expect(words(freshAsOf, because)).toEqual({ verdict, words: text });
  });
});

describe('the address', () => {
  it.each([
    ['', { name: 'overview' }],
    ['#/', { name: 'overview' }],
    ['#/member/USR-1', { name: 'overview' }],
    ['#/member/USR-1/MBR-1', { name: 'member', user: 'USR-1', member: 'MBR-1' }],
    ['#/member/a%2Fb/%3Cb%3E', { name: 'member', user: 'a/b', member: '<b>' }],
    ['#/member/%/x', { name: 'overview' }],
  ])('%s', (hash, view) => {
    expect(viewOf(hash)).toEqual(view);
  });

  it('of a member leads back to it', () => {
    expect(viewOf(memberHash('a/b#?', '<i>'))).toEqual({ name: 'member', user: 'a/b#?', member: '<i>' });
  });
});

describe('steps that were seen', () => {
  const running = (given: Partial<RunningShown> = {}): RunningShown => ({
    ...{ userGuid: 'USR-1', memberGuid: 'MBR-1', refreshId: 'RFR-1', correlationId: null, trigger: 'http' },
    ...{ acceptedAt: 'a', deadline: 'd', step: 'requested', sentence: 'Requested.', looks: 0 },
    ...{ lastLookAt: null, nextLookAt: null, ...given },
  });
  const steps = (...seen: readonly (RunningShown | null)[]): readonly string[] => {
    let kept: ReturnType<typeof withStep> = [];
    for (const one of seen) kept = withStep(kept, { running: one, lastEnd: null }, 'now');
    return kept.map(({ refreshId, step, looks }) => `${refreshId} ${step} ${looks}`);
  };

  it.each([
    [[null], []],
    [[running(), running()], ['RFR-1 requested 0']],
    [
      [running(), running({ step: 'job_runs', looks: 1 })],
      ['RFR-1 requested 0', 'RFR-1 job_runs 1'],
    ],
    [
      [running(), null, null],
      ['RFR-1 requested 0', 'RFR-1 over 0'],
    ],
    [[running(), null, running({ refreshId: 'RFR-2' })], ['RFR-2 requested 0']],
  ])('%#', (seen, expected) => {
    expect(steps(...seen)).toEqual(expected);
  });

  it.each([
    [{ refreshId: 'RFR-1', outcome: 'action_required', sentence: 'Denied.' }, 'It ended as action required. Denied.'],
    [{ refreshId: 'RFR-0', outcome: 'succeeded', sentence: 'Stored.' }, 'It runs no more.'],
    [null, 'It runs no more.'],
  ])('say how it ended: %o', (lastEnd, sentence) => {
    const first = withStep([], { running: running(), lastEnd: null }, 'now');
    expect(withStep(first, { running: null, lastEnd }, 'now').at(-1)?.sentence).toBe(sentence);
  });

  it('are at most a hundred', () => {
    const looks = Array.from({ length: 150 }, (_, look) => running({ step: 'job_runs', looks: look }));
    expect(steps(...looks)).toHaveLength(100);
  });
});

import { describe, expect, it } from 'vitest';
import {
  anotherJobFollowed,
  baselineOf,
  importsSince,
  jobBeganAt,
  proofIn,
  showsOurJob,
  succeededSince,
} from '../../../shared/domain/evidence.ts';
import type { MxMember } from '../../../shared/domain/mx.ts';
import { claim, member, newJob } from '../../samples.ts';

const later = '2026-11-21T12:00:09.000Z';
const proof = (seen: Partial<MxMember>, flagSeen = false) => proofIn({ ...claim(), flagSeen }, member(seen));

describe('what a look proves about our job', () => {
  it.each<[string, Partial<MxMember>, boolean, string]>([
    ['nothing has moved', {}, false, 'none'],
    ['CONNECTED with a new message', { connectionStatusMessage: 'Connected just now' }, false, 'none'],
    ['another status alone', { connectionStatus: 'DENIED' }, false, 'none'],
    ['an error code alone', { error: { code: '2005', message: null, userMessage: null } }, false, 'none'],
    ['an earlier aggregated_at', { aggregatedAt: '2026-11-20T00:00:00.000Z' }, false, 'none'],
    ['no job guid any more', { mostRecentJobGuid: null }, false, 'none'],
    ['no times any more', { aggregatedAt: null, successfullyAggregatedAt: null }, false, 'none'],
    ['the flag is true', { isBeingAggregated: true }, false, 'started'],
    ['the flag was true and still is', { isBeingAggregated: true }, true, 'started'],
    ['a new job guid, status as before', { mostRecentJobGuid: 'JOB-new' }, false, 'started'],
    ['a later aggregated_at, status as before', { aggregatedAt: later }, false, 'started'],
    [
      'a later success while the flag is true',
      { successfullyAggregatedAt: later, isBeingAggregated: true },
      false,
      'started',
    ],
    ['a new job guid and another status', { mostRecentJobGuid: 'JOB-new', connectionStatus: 'DENIED' }, false, 'ended'],
    ['a later aggregated_at and another status', { aggregatedAt: later, connectionStatus: 'LOCKED' }, false, 'ended'],
    ['the flag was true and is false', {}, true, 'ended'],
    ['a later success', { successfullyAggregatedAt: later }, false, 'ended'],
  ])('%s: %s', (_what, seen, flagSeen, expected) => {
    expect(proof(seen, flagSeen)).toBe(expected);
  });

  it('is none without a baseline', () => {
    const seen = member({ ...newJob, successfullyAggregatedAt: later, isBeingAggregated: true });
    expect(proofIn({ baseline: null, flagSeen: true }, seen)).toBe('none');
  });

  it('a member without jobs: any guid or time is new', () => {
    const never = {
      ...baselineOf(member()),
      mostRecentJobGuid: null,
      aggregatedAt: null,
      successfullyAggregatedAt: null,
    };
    const before = { baseline: never, flagSeen: false };
    const idle = { mostRecentJobGuid: null, aggregatedAt: null, successfullyAggregatedAt: null };
    expect(proofIn(before, member({ ...idle, mostRecentJobGuid: 'JOB-1' }))).toBe('started');
    expect(proofIn(before, member({ ...idle, aggregatedAt: later }))).toBe('started');
    expect(proofIn(before, member({ ...idle, successfullyAggregatedAt: later }))).toBe('ended');
  });
});

it('a member does not prove anything against itself', () => {
  const before = member({ isBeingAggregated: false, answeredAt: '2026-11-21T12:00:00.000Z' });
  expect(proofIn({ baseline: baselineOf(before), flagSeen: false }, before)).toBe('none');
  expect(baselineOf(before)).toEqual({
    connectionStatus: 'CONNECTED',
    mostRecentJobGuid: 'JOB-old',
    aggregatedAt: '2026-11-21T06:00:00.000Z',
    successfullyAggregatedAt: '2026-11-21T06:00:09.000Z',
    isBeingAggregated: false,
    answeredAt: '2026-11-21T12:00:00.000Z',
  });
});

it('a missing, older or equal success time is none', () => {
  const baseline = baselineOf(member());
  const at = (successfullyAggregatedAt: string | null) =>
    succeededSince(baseline, member({ successfullyAggregatedAt }));
  expect([at(null), at('2026-11-21T05:00:00.000Z'), at('2026-11-21T06:00:09.000Z'), at(later)]).toEqual([
    false,
    false,
    false,
    true,
  ]);
});

describe('the job that followed the baseline began', () => {
  const baseline = baselineOf(member());
  it.each([
    ['at the later aggregated_at', baseline, later, later],
    ['never, with the time of the baseline', baseline, '2026-11-21T06:00:00.000Z', null],
    ['never, with an earlier time', baseline, '2026-11-21T05:00:00.000Z', null],
    ['never, without a time', baseline, null, null],
    ['at the first time ever', { ...baseline, aggregatedAt: null }, later, later],
    ['never, without a baseline', null, later, null],
  ])('%s', (_when, before, aggregatedAt, expected) => {
    expect(jobBeganAt(claim({ baseline: before }), member({ aggregatedAt }))).toBe(expected);
  });

  it('never, as far as a job that followed ours shows', () => {
    expect(jobBeganAt(claim(), member({ aggregatedAt: later, mostRecentJobGuid: 'JOB-third' }))).toBeNull();
  });

  it('ours never named: same start need not be another', () => {
    const unnamed = claim({ start: { ...claim().start, jobGuid: null } });
    const third = member({ aggregatedAt: later, mostRecentJobGuid: 'JOB-third' });
    expect(jobBeganAt(unnamed, third)).toBe(later);
    expect(jobBeganAt({ ...claim(), start: { state: 'none' } }, third)).toBe(later);
  });
});

describe('imports are judged by', () => {
  const idle = baselineOf(member());
  const running = { ...idle, isBeingAggregated: true };
  it.each([
    ['the start of the job', idle, later, later],
    ['the start of the job, another having run before it', running, later, later],
    ['the start of the job that ran at the baseline', running, null, '2026-11-21T06:00:00.000Z'],
    ['nothing, no job having run at the baseline', idle, null, null],
    ['nothing, without a baseline', null, null, null],
  ])('%s', (_what, baseline, jobAggregatedAt, expected) => {
    expect(importsSince(claim({ baseline, jobAggregatedAt }))).toBe(expected);
  });

  it('the conflicting job’s start, also while its flag lags', () => {
    const conflict = claim({ baseline: idle, start: { ...claim().start, state: 'conflict' } });
    expect(importsSince(conflict)).toBe('2026-11-21T06:00:00.000Z');
  });
});

describe('what MX shows is our job’s', () => {
  const shows = (named: string | null, shown: string | null) =>
    showsOurJob(claim({ start: { ...claim().start, jobGuid: named } }), member({ mostRecentJobGuid: shown }));

  it('when it is the one that the 202 named', () => expect(shows('JOB-new', 'JOB-new')).toBe(true));

  it.each([
    ['MX shows another one', 'JOB-new', 'JOB-third'],
    ['MX names none', 'JOB-new', null],
    ['the 202 named none', null, 'JOB-new'],
    ['neither is named', null, null],
  ])('for certain not when %s', (_when, named, shown) => expect(shows(named, shown)).toBe(false));

  it('for certain not before a POST', () => {
    expect(showsOurJob({ start: { state: 'none' } }, member({ mostRecentJobGuid: 'JOB-new' }))).toBe(false);
  });
});

describe('another job has followed ours', () => {
  const followed = (guid: string | null, named: string | null = 'JOB-new') =>
    anotherJobFollowed({ ...claim().start, jobGuid: named }, baselineOf(member()), member({ mostRecentJobGuid: guid }));

  it('when MX names a third one', () => expect(followed('JOB-third')).toBe(true));

  it.each([
    ['ours', 'JOB-new', 'JOB-new'],
    ['the one before ours, which a lagging read still shows', 'JOB-old', 'JOB-new'],
    ['none', null, 'JOB-new'],
    ['one, but ours was never named', 'JOB-third', null],
  ])('not when MX names %s', (_what, guid, named) => expect(followed(guid, named)).toBe(false));
});

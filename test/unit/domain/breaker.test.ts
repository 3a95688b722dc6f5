/** The breaker of an institution: what it counts, when it opens and closes, and what it does not heed. */
import { describe, expect, it } from 'vitest';
import {
  afterAnswer,
  afterFailure,
  type Breaker,
  type BreakerRules,
  bankSays,
  breakerRules,
  closedBreaker,
  leastOpenSeconds,
  mayProbe,
} from '../../../shared/domain/breaker.ts';
import { endingOf } from '../../../shared/domain/ending.ts';
import { type OutcomeCode, outcomes } from '../../../shared/domain/outcome.ts';
import { at } from '../../samples.ts';

const codes = Object.keys(outcomes) as OutcomeCode[];
const saying = (said: string): string[] => codes.filter((code) => bankSays(endingOf(code)) === said);

describe('the end of a refresh', () => {
  it('says that the bank does not work', () => {
    expect(saying('fails')).toEqual([
      'degraded',
      'disconnected',
      'failed',
      'institution_down',
      'institution_maintenance',
      'institution_unavailable',
    ]);
  });

  it('says that the bank answers', () => {
    expect(saying('answers')).toEqual([
      'stored',
      'stored_in_part',
      'stored_unreadable',
      'stored_incomplete',
      'denied',
      'challenged',
      'rejected',
      'locked',
      'impeded',
      'access_denied',
      'incorrect_otp',
      'incorrect_mfa',
      'mfa_timeout',
      'invalid_credentials',
    ]);
  });

  it('says nothing when MX is in trouble', () => {
    const nothing = saying('nothing');
    expect(codes.filter((code) => code.startsWith('mx_')).every((code) => nothing.includes(code))).toBe(true);
    expect(nothing).toContain('deadline');
  });
});

const rules: BreakerRules = {
  ...{ failures: 3, users: 2, windowSeconds: 100, probeSeconds: 60 },
  ...{ steadySeconds: 1_000, pauseSeconds: 300, longestPauseSeconds: 1_000 },
};

/** A job of `user` that began and ended so many seconds after `T0`. */
const job = (user: string, startedAfter: number, endedAfter = startedAfter + 5) => ({
  userTag: user,
  startedAt: at(startedAfter),
  endedAt: at(endedAfter),
  code: 'failed' as const,
});

/** The breaker after these failures. */
const brokenAfter = (
  jobs: readonly ReturnType<typeof job>[],
  lastAnswer: number | null = null,
  from = closedBreaker,
): Breaker =>
  jobs.reduce(
    (breaker, failed) => afterFailure(breaker, failed, lastAnswer === null ? null : at(lastAnswer), rules),
    from,
  );

const opened = brokenAfter([job('a', 0), job('a', 10), job('b', 20)]);

it('a bank without trouble was never opened', () => {
  const never = { open: null, changedAt: null, openings: 0, failures: [], probedAt: null, untold: [] };
  expect(closedBreaker).toEqual(never);
});

describe('a breaker', () => {
  it('opens with enough failures of enough users', () => {
    expect(brokenAfter([job('a', 0), job('b', 10)]).open).toBeNull();
    expect(opened).toEqual({
      open: { since: at(25), code: 'failed' },
      changedAt: at(25),
      openings: 1,
      failures: [],
      probedAt: null,
      untold: [{ to: 'degraded', at: at(25), since: at(25), code: 'failed' }],
    });
  });

  it.each<[string, readonly ReturnType<typeof job>[], number | null]>([
    ['one user fails alone', [job('a', 0), job('a', 10), job('a', 20), job('a', 30)], null],
    ['they are too far apart', [job('a', 0), job('b', 50), job('a', 101)], null],
    ['the bank has answered in between', [job('a', 0), job('b', 10), job('a', 30)], 20],
    ['they were requested before the last answer', [job('a', 0), job('b', 10), job('a', 20)], 20],
  ])('stays closed when %s', (_why, jobs, lastAnswer) => {
    expect(brokenAfter(jobs, lastAnswer).open).toBeNull();
  });

  it('opens with failures exactly the window apart', () => {
    expect(brokenAfter([job('a', 0), job('b', 50), job('a', 100)]).open).not.toBeNull();
  });

  it('does not heed failures while it is open', () => {
    expect(brokenAfter([job('c', 30)], null, opened)).toBe(opened);
  });

  it('does not heed jobs from before it changed', () => {
    const closed = afterAnswer(opened, job('a', 30, 40), rules);
    expect(closed).toEqual({
      open: null,
      changedAt: at(40),
      openings: 1,
      failures: [],
      probedAt: null,
      untold: [
        { to: 'degraded', at: at(25), since: at(25), code: 'failed' },
        { to: 'recovered', at: at(40), since: at(25), code: 'failed' },
      ],
    });
    expect(brokenAfter([job('a', 39.9)], null, closed)).toBe(closed);
    expect(brokenAfter([job('a', 40)], null, closed).failures).toHaveLength(1);
    expect(afterAnswer(opened, job('a', 24.9, 60), rules)).toBe(opened);
    expect(afterAnswer(opened, job('a', 25, 60), rules).open).toBeNull();
  });

  it('is not changed by an answer while it is closed', () => {
    const two = brokenAfter([job('a', 0), job('b', 10)]);
    expect(afterAnswer(two, job('c', 20), rules)).toBe(two);
  });

  it('remembers no more than twenty failures and four changes', () => {
    const many = Array.from({ length: 30 }, (_, number) => job('a', number));
    expect(brokenAfter(many).failures).toHaveLength(20);
    let breaker: Breaker = closedBreaker;
    for (const from of [0, 2_000, 4_000]) {
      breaker = brokenAfter([job('a', from + 50), job('a', from + 60), job('b', from + 70)], null, breaker);
      breaker = afterAnswer(breaker, job('a', from + 80), rules);
    }
    expect(breaker.untold.map(({ to, at: when }) => [to, when])).toEqual([
      ['degraded', at(2_075)],
      ['recovered', at(2_085)],
      ['degraded', at(4_075)],
      ['recovered', at(4_085)],
    ]);
  });

  /** One that has opened so often within a short time, at `seconds`. */
  const openedAgain = (openings: number, seconds: number): Breaker => ({
    ...opened,
    ...{ openings, changedAt: at(seconds), open: { since: at(seconds), code: 'failed' } },
  });

  it.each([
    [1, 0],
    [2, 300],
    [3, 600],
    [4, 1_000],
    [2_000, 1_000],
  ])('that has opened %i times stays open for %i s', (openings, seconds) => {
    const breaker = openedAgain(openings, 100);
    expect(leastOpenSeconds(openings, rules)).toBe(seconds);
    if (seconds > 0) expect(afterAnswer(breaker, job('a', 100, 100 + seconds - 0.001), rules)).toBe(breaker);
    const closed = afterAnswer(breaker, job('a', 100, 100 + seconds), rules);
    expect([closed.open, closed.openings]).toEqual([null, openings]);
  });

  it.each([
    ['soon', 999.999, 3],
    ['after long', 1_000, 1],
  ])('that opens again %s has opened often', (_when, seconds, openings) => {
    const closed: Breaker = { ...closedBreaker, changedAt: at(0), openings: 2 };
    const jobs = [job('a', seconds - 10), job('b', seconds - 8), job('c', seconds - 6, seconds)];
    expect(brokenAfter(jobs, null, closed)).toMatchObject({ open: { since: at(seconds) }, openings });
  });

  it('has conservative rules', () => {
    expect(breakerRules).toEqual({
      ...{ failures: 5, users: 3, windowSeconds: 1_800, probeSeconds: 300 },
      ...{ steadySeconds: 3_600, pauseSeconds: 300, longestPauseSeconds: 3_600 },
    });
    const users = ['a', 'b', 'c', 'a', 'b'];
    const failed = users.map((user, number) => job(user, number));
    const run = (jobs: typeof failed) =>
      jobs.reduce((breaker, one) => afterFailure(breaker, one, null, breakerRules), closedBreaker);
    expect(run(failed.slice(0, 4)).open).toBeNull();
    expect(run(failed).open).not.toBeNull();
    expect(run(failed.map((one) => ({ ...one, userTag: one.userTag === 'c' ? 'a' : one.userTag }))).open).toBeNull();
  });
});

describe('a probe', () => {
  it.each([
    ['of a closed one', closedBreaker, 1_000, false],
    ['just before its time', opened, 84.9, false],
    ['at its time', opened, 85, true],
    ['just before the next', { ...opened, probedAt: at(85) }, 144.9, false],
    ['at the next', { ...opened, probedAt: at(85) }, 145, true],
  ])('%s', (_when, breaker, seconds, may) => {
    expect(mayProbe(breaker, at(seconds), rules)).toBe(may);
  });
});

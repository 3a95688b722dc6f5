/** What the answer to a POST leaves with the claim. */
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../shared/domain/failure.ts';
import { startJob } from '../../../shared/domain/start-job.ts';
import { startRefresh } from '../../../shared/domain/start-refresh.ts';
import { at, claim, key, knownMember, member, newJob, T0 } from '../../samples.ts';
import { guids, noWishes, startWorld } from './start-world.ts';

describe('when the job began', () => {
  it.each([
    ['as the 202 shows', null, newJob.aggregatedAt],
    ['as was seen before', at(-5), at(-5)],
  ])('is kept %s', async (_what, jobAggregatedAt, kept) => {
    const held = { ...claim(), start: { ...claim().start, state: 'unknown' as const, jobGuid: null }, jobAggregatedAt };
    const { deps, answers, record } = startWorld(knownMember({ claim: held }));
    answers.start = () => member(newJob);
    const job = await startJob(deps, { key, identifiers: guids, claim: held, before: { state: 'none' }, starts: [T0] });
    expect(job).toMatchObject({ kind: 'started', claim: { jobAggregatedAt: kept } });
    expect(record()?.claim).toMatchObject({ jobAggregatedAt: kept });
  });
});

describe('a POST whose result is unknown', () => {
  it('is recorded already', async () => {
    const { deps, answers, steps } = startWorld(knownMember());
    answers.start = () => new Failure('mx_timeout', 'no answer');
    await startRefresh(deps, guids, noWishes);
    expect(steps).toEqual(['baseline', 'message', 'claim', 'POST', 'projection']);
  });

  it('counts, also when MX asks to wait with the next', async () => {
    const { deps, answers, record, steps } = startWorld(knownMember());
    answers.start = () => new Failure('mx_unavailable', 'no', { retryAfterSeconds: 60 });
    expect(await startRefresh(deps, guids, noWishes)).toMatchObject({ nextAllowedAt: at(60) });
    expect(record()).toMatchObject({ starts: [T0], startNotBefore: at(60), claim: { start: { state: 'unknown' } } });
    expect(steps).toContain('recorded');
  });
});

it('an error of ours is no answer of MX’s', async () => {
  const held = { ...claim(), start: { ...claim().start, state: 'unknown' as const, jobGuid: null } };
  const { deps, steps } = startWorld(knownMember({ claim: held }));
  const fault = new TypeError('a fault of ours');
  deps.mx.checkBalance = () => Promise.reject(fault);
  await expect(
    startJob(deps, { key, identifiers: guids, claim: held, before: { state: 'none' }, starts: [T0] }),
  ).rejects.toBe(fault);
  expect(steps).toEqual([]);
});

it('a pause that keeps the POST leaves its claim', async () => {
  const { deps, answers } = startWorld(knownMember({ claim: claim() }));
  const failure = new Failure('paused', 'a pause');
  answers.start = () => failure;
  const before = { state: 'conflict', at: at(-60), count: 1, lookNumber: 0, jobGuid: null } as const;
  expect(await startJob(deps, { key, identifiers: guids, claim: claim(), before, starts: [T0] })).toEqual({
    kind: 'open',
    failure,
    claim: { ...claim(), start: before },
    notBefore: null,
  });
});

describe('a refused POST whose claim is gone', () => {
  it.each<[string, Failure, string[]]>([
    ['puts later starts off', new Failure('mx_conflict', 'no', { retryAfterSeconds: 60 }), ['recorded', 'put off']],
    ['leaves later starts alone without a wish', new Failure('mx_conflict', 'no'), ['recorded']],
  ])('%s', async (_what, failure, expected) => {
    const { deps, answers, steps } = startWorld(knownMember());
    answers.start = () => failure;
    deps.members.recordStart = async () => {
      steps.push('recorded');
      return false;
    };
    const { putOffStarts } = deps.members;
    deps.members.putOffStarts = async (...of) => {
      for (let turns = 0; turns < 10; turns += 1) await Promise.resolve();
      await putOffStarts(...of);
      steps.push('put off');
    };
    const before = { state: 'none' } as const;
    await startJob(deps, { key, identifiers: guids, claim: claim(), before, starts: [T0] });
    expect(steps).toEqual(['POST', ...expected]);
  });
});

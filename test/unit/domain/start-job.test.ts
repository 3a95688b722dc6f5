import { describe, expect, it } from 'vitest';
import { Failure, type FailureCode } from '../../../shared/domain/failure.ts';
import type { MxMember } from '../../../shared/domain/mx.ts';
import { startJob } from '../../../shared/domain/start-job.ts';
import { startRefresh } from '../../../shared/domain/start-refresh.ts';
import { claim, key, knownMember, member, T0 } from '../../samples.ts';
import { guids, ID, noWishes, startWorld } from './start-world.ts';

describe('the job that a 202 shows is', () => {
  it.each<[string, Partial<MxMember>, string | null, boolean]>([
    ['ours when its guid is new', { mostRecentJobGuid: 'JOB-new' }, 'JOB-new', false],
    ['ours when it runs', { mostRecentJobGuid: 'JOB-old', isBeingAggregated: true }, 'JOB-old', true],
    ['the one before when it lags', { mostRecentJobGuid: 'JOB-old' }, null, false],
  ])('%s', async (_what, shown, jobGuid, flagSeen) => {
    const { deps, record, answers } = startWorld(knownMember());
    answers.start = () => member(shown);
    await startRefresh(deps, guids, noWishes);
    expect(record()?.claim).toMatchObject({ start: { state: 'accepted', jobGuid }, flagSeen });
  });
});

it('without a baseline: the job that MX shows', async () => {
  const { deps } = startWorld(knownMember({ claim: claim() }));
  const started = await startJob(deps, {
    key,
    identifiers: guids,
    claim: { ...claim(), baseline: null },
    before: { state: 'none' },
    starts: [T0],
  });
  expect(started).toMatchObject({ kind: 'started', claim: { start: { jobGuid: 'JOB-new' } } });
});

describe('a POST that is not answered with 202', () => {
  const before = '2026-11-21T11:00:00.000Z';

  it.each<[FailureCode, string, readonly string[]]>([
    ['mx_timeout', 'unknown', [before, T0]],
    ['mx_unavailable', 'unknown', [before, T0]],
    ['mx_conflict', 'conflict', [before]],
    ['mx_rate_limited', 'rate_limited', [before]],
  ])('%s leaves the refresh running as %s; starts: %j', async (code, state, starts) => {
    const { deps, record, answers, history } = startWorld(knownMember({ starts: [before] }));
    answers.start = () => new Failure(code, 'no');
    expect(await startRefresh(deps, guids, noWishes)).toMatchObject({
      joined: false,
      body: {},
    });
    expect(record()).toMatchObject({ claim: { start: { state, at: T0, count: 1 } }, starts });
    expect(await history.read(ID)).toMatchObject({ status: 'running' });
  });

  it('with a conflict is recorded before the caller is answered', async () => {
    const { deps, answers, steps } = startWorld(knownMember());
    answers.start = () => new Failure('mx_conflict', 'no');
    await startRefresh(deps, guids, noWishes);
    expect(steps.slice(-3)).toEqual(['POST', 'recorded', 'projection']);
  });

  it('forbidden: ended, allowance given back, caller told', async () => {
    const { deps, record, answers, steps } = startWorld(knownMember({ starts: [before] }));
    answers.start = () => new Failure('mx_forbidden', 'no');
    await expect(startRefresh(deps, guids, noWishes)).rejects.toMatchObject({
      code: 'mx_forbidden',
      details: { refreshId: ID, action: 'contact_support' },
    });
    expect(record()).toMatchObject({ claim: null, starts: [before], lastAttempt: { code: 'mx_forbidden' } });
    expect(steps.slice(-5)).toEqual(['POST', 'texts', 'end', 'projection', 'claim gone']);
  });
});

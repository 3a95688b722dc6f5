/** A refresh that runs while MX does not answer says so, at no cost to one that MX answers. */
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../shared/domain/failure.ts';
import { followRefresh } from '../../../shared/domain/follow-refresh.ts';
import type { Progress } from '../../../shared/domain/progress.ts';
import type { StoringClaim } from '../../../shared/domain/refresh.ts';
import { currentRefresh } from '../../../shared/domain/refresh-details.ts';
import { startRefresh } from '../../../shared/domain/start-refresh.ts';
import { sweep } from '../../../shared/domain/sweep.ts';
import { textOf, withMember } from '../../fakes/members-table.ts';
import { at, claim, key, knownMember, member, newJob } from '../../samples.ts';
import { refreshWorld } from './refresh-world.ts';

const identifiers = { userIdentifier: key.userGuid, memberIdentifier: key.memberGuid };
const away = () => new Failure('mx_unavailable', 'MX answered 503');

/** A world whose writes of a claim are counted, and whose queue is followed message by message. */
function world() {
  const made = refreshWorld(withMember(knownMember()));
  const written: string[] = [];
  const { members } = made.deps;
  const deps = {
    ...made.deps,
    balances: made.balances,
    members: {
      ...members,
      recordSeen: (seen: Parameters<typeof members.recordSeen>[0]) => {
        written.push('seen');
        return members.recordSeen(seen);
      },
      recordUnanswered: (look: Parameters<typeof members.recordUnanswered>[0]) => {
        written.push('unanswered');
        return members.recordUnanswered(look);
      },
    },
  };
  return {
    ...made,
    deps,
    written,
    async look(): Promise<void> {
      const next = made.sent.shift();
      if (next === undefined) throw new Error('no look is booked');
      made.wait(next.inSeconds);
      await followRefresh(deps, next.followUp);
    },
    async shown(): Promise<Progress | null> {
      const now = (await members.read(key))?.claim;
      return now ? (await currentRefresh(made.history, key, now)).progress : null;
    },
  };
}

describe('while MX does not answer', () => {
  it('a started refresh says why, until MX answers again', async () => {
    const { deps, answers, look, shown, written } = world();
    await startRefresh(deps, identifiers, { userPresent: false, correlationId: null });
    expect(await shown()).toEqual({ jobStarted: true, waitsFor: null, lastLookAt: null, nextLookAt: null });
    answers.read = away;
    await look();
    // 3 s and half of what the first failure may add: 1.5 s, as `random` says.
    const unanswered = { jobStarted: true, waitsFor: 'mx_unavailable', lastLookAt: at(5), nextLookAt: at(10) };
    expect(await shown()).toEqual(unanswered);
    answers.read = () => new Failure('mx_timeout', 'no answer');
    await look();
    expect(await shown()).toMatchObject({ waitsFor: 'mx_timeout', lastLookAt: at(10), nextLookAt: at(18) });
    answers.read = () => member({ ...newJob, isBeingAggregated: true });
    await look();
    expect(await shown()).toEqual({ jobStarted: true, waitsFor: null, lastLookAt: at(18), nextLookAt: null });
    await look();
    expect(written).toEqual(['unanswered', 'unanswered', 'seen']);
  });

  it('one without a job says it until its POST', async () => {
    const { deps, answers, look, shown, written } = world();
    const { read } = answers;
    answers.read = () => new Failure('mx_bad_answer', 'HTML');
    await startRefresh(deps, identifiers, { userPresent: false, correlationId: null });
    expect(await shown()).toEqual({
      jobStarted: false,
      waitsFor: 'mx_bad_answer',
      lastLookAt: null,
      nextLookAt: at(5),
    });
    answers.read = read;
    await look();
    expect(await shown()).toEqual({ jobStarted: true, waitsFor: null, lastLookAt: at(5), nextLookAt: null });
    expect(written).toEqual([]);
  });

  it('the list of accounts alone counts too', async () => {
    const { deps, answers, look, shown } = world();
    await startRefresh(deps, identifiers, { userPresent: false, correlationId: null });
    answers.read = () => member({ ...newJob, successfullyAggregatedAt: '2026-11-21T12:00:04.000Z' });
    deps.mx.listAccounts = async () => {
      throw new Failure('mx_bad_answer', 'a total that is no number');
    };
    await look();
    expect(await shown()).toMatchObject({ jobStarted: true, waitsFor: 'mx_bad_answer', nextLookAt: at(10) });
    deps.mx.listAccounts = async () => [];
    await look();
    expect(await shown()).toBeNull();
  });

  it('the list counts while accounts are being stored', async () => {
    const { deps, table, look, shown, sent } = world();
    const storing: StoringClaim = { ...claim({ lookNumber: 1, lookedAt: at(-40) }), phase: 'storing' };
    table.members.set(textOf(key), knownMember({ claim: storing }));
    const followUp = { refreshId: claim().refreshId, member: key, lookNumber: 2, state: null, correlationId: null };
    sent.push({ followUp, inSeconds: 0 });
    deps.mx.listAccounts = async () => {
      throw away();
    };
    await look();
    expect(await shown()).toMatchObject({ jobStarted: true, waitsFor: 'mx_unavailable', lastLookAt: at(0) });
  });

  it('the sweep names it at the deadline', async () => {
    const { deps, answers, look, wait, history } = world();
    await startRefresh(deps, identifiers, { userPresent: false, correlationId: null });
    answers.read = () => new Failure('mx_timeout', 'no answer');
    await look();
    wait(600);
    await sweep({ ...deps, sweepRests: { send: () => expect.fail() } }, expect.fail);
    expect(await history.read('RFR-00000000000000000000000001')).toMatchObject({
      result: { outcome: 'timed_out', action: 'retry_later', code: 'mx_timeout' },
    });
  });
});

it('a job that is started later counts for the caller', async () => {
  const { deps, answers, look, table } = world();
  const { read } = answers;
  answers.read = away;
  const share = { callerTag: '07', mostStarts: 4 };
  await startRefresh(deps, identifiers, { userPresent: false, correlationId: null, share });
  answers.read = read;
  await look();
  await look();
  expect(table.members.get(textOf(key))?.starts).toEqual([expect.stringMatching(/Z\/07$/)]);
});

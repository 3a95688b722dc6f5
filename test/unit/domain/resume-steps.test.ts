/** A user's answers, step by step: what is waited for, in which order, and what every refusal of MX's means. */
import { describe, expect, it } from 'vitest';
import { endedClaim } from '../../../shared/domain/end-refresh.ts';
import { endingOf } from '../../../shared/domain/ending.ts';
import { Failure, type FailureCode } from '../../../shared/domain/failure.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import { attemptOf, type StoringClaim } from '../../../shared/domain/refresh.ts';
import { resumeMember } from '../../../shared/domain/resume.ts';
import { textOf } from '../../fakes/members-table.ts';
import { at, claim, key, knownMember, member, T0 } from '../../samples.ts';
import { guids, startWorld } from './start-world.ts';

const answers = [{ guid: 'CRD-1', value: 'Berlin' }];

/** `startWorld` in which MX takes answers as a step of its own. */
function world(...records: readonly MemberRecord[]) {
  const made = startWorld(...records);
  const { resume } = made.deps.mx;
  const { recordSeen } = made.deps.members;
  made.deps.mx.resume = async (...of) => {
    made.steps.push('answers');
    return resume(...of);
  };
  made.deps.members.recordSeen = async (seen) => {
    for (let turns = 0; turns < 10; turns += 1) await Promise.resolve();
    made.steps.push('seen');
    return recordSeen(seen);
  };
  return { ...made, resume: () => resumeMember(made.deps, guids, answers, 'mine') };
}

describe('answers without a refresh', () => {
  it('are taken, a look booked, then the claim written', async () => {
    const { resume, steps, record } = world(knownMember());
    expect(await resume()).toMatchObject({ joined: false, refresh: { correlationId: 'mine' } });
    expect(steps).toEqual(['answers', 'message', 'claim', 'projection']);
    expect(record()?.claim).toMatchObject({
      trigger: 'http',
      deadline: at(600),
      lookNumber: 0,
      lookedAt: null,
      seenStatus: { connectionStatus: 'RESUMED' },
      start: { state: 'attached', lookNumber: 0, count: 0 },
    });
  });

  it('write the member’s other names first', async () => {
    const { resume, steps } = world();
    await resume();
    expect(steps).toEqual(['answers', 'aliases', 'message', 'claim', 'projection']);
  });

  it('publish an end that was not, before they claim', async () => {
    const lastAttempt = attemptOf(claim(), { ...endingOf('denied'), endedAt: at(-5), observedAt: null }, false);
    const { resume, steps } = world(knownMember({ claim: endedClaim(claim(), lastAttempt), lastAttempt }));
    expect(await resume()).toMatchObject({ joined: false });
    expect(steps).toEqual(['answers', 'projection', 'claim gone', 'message', 'claim', 'projection']);
  });

  it('give up after four lost claims', async () => {
    const { deps, resume, steps } = world(knownMember());
    // Won in the end, so that the test ends in any case.
    deps.members.claim = async () => steps.push('claim') > 20;
    await expect(resume()).rejects.toMatchObject({ code: 'answers_taken', message: expect.stringContaining('busy') });
    expect(steps.filter((step) => step === 'claim')).toHaveLength(4);
  });
});

describe('answers while a refresh runs', () => {
  it('note the user, book a look, note what MX showed', async () => {
    const { resume, steps, sent, record } = world(knownMember({ claim: claim({ questions: 'some', lookNumber: 3 }) }));
    expect(await resume()).toMatchObject({ joined: true });
    expect(steps).toEqual(['user present', 'answers', 'message', 'seen']);
    expect(sent).toMatchObject([{ followUp: { lookNumber: 4, state: null }, inSeconds: 3 }]);
    expect(record()?.claim).toMatchObject({ userPresent: true, flagSeen: true, questions: null });
  });

  it('of a user who was there already note nothing before', async () => {
    const { resume, steps } = world(knownMember({ claim: claim({ userPresent: true }) }));
    await resume();
    expect(steps).toEqual(['answers', 'message', 'seen']);
  });

  it('note the user of one that began meanwhile', async () => {
    const { resume, deps, steps, table } = world(knownMember());
    const { resume: take } = deps.mx;
    deps.mx.resume = async (...of) => {
      table.members.set(textOf(key), knownMember({ claim: claim() }));
      return take(...of);
    };
    expect(await resume()).toMatchObject({ joined: true });
    expect(steps).toEqual(['answers', 'user present', 'message', 'seen']);
  });

  it('say nothing of a job that was started after them', async () => {
    const start = { ...claim().start, at: at(1) };
    const { resume, steps } = world(knownMember({ claim: claim({ start, userPresent: true }) }));
    await resume();
    expect(steps).toEqual(['answers', 'message']);
  });

  it('say nothing where no job was started', async () => {
    const unsent = { ...claim({ userPresent: true }), start: { state: 'none' as const } };
    const { resume, steps } = world(knownMember({ claim: unsent }));
    await resume();
    expect(steps).toEqual(['answers', 'message']);
  });

  it('leave one that stores as it is', async () => {
    const storing: StoringClaim = { ...claim({ userPresent: true }), phase: 'storing' };
    const { resume, steps, record } = world(knownMember({ claim: storing }));
    expect(await resume()).toMatchObject({ joined: true });
    expect([steps, record()?.claim]).toEqual([['answers', 'message'], storing]);
  });
});

describe('MX’s refusal', () => {
  it.each<FailureCode>([
    'mx_not_challenged',
    'mx_refused',
    'mx_institution',
    'mx_credentials_missing',
    'mx_credentials_rejected',
    'mx_forbidden',
    'mx_redirected',
    'mx_not_found',
    'mx_conflict',
    'mx_rate_limited',
  ])('%s: the answers were certainly not taken', async (code) => {
    const { resume, answers: mx, steps } = world(knownMember());
    const refusal = new Failure(code, 'no');
    mx.resume = () => refusal;
    await expect(resume()).rejects.toBe(refusal);
    expect(steps).toEqual(['answers']);
  });

  it.each<FailureCode>(['mx_timeout', 'mx_unavailable', 'mx_bad_answer', 'internal'])(
    '%s: they may have been',
    async (code) => {
      const { resume, answers: mx } = world(knownMember());
      const cause = new Failure(code, 'no');
      mx.resume = () => cause;
      await expect(resume()).rejects.toMatchObject({ code: 'answers_unknown', cause });
    },
  );
});

describe('after MX took the answers', () => {
  it('a failure of ours says so, with its cause', async () => {
    const { resume, deps } = world(knownMember());
    const cause = new Error('the queue is away');
    deps.followUps.send = () => Promise.reject(cause);
    await expect(resume()).rejects.toMatchObject({ code: 'answers_taken', cause });
  });

  it('a member that was deleted meanwhile is told', async () => {
    const { resume, deps, table } = world(knownMember());
    const { resume: take } = deps.mx;
    deps.mx.resume = async (...of) => {
      table.members.set(textOf(key), knownMember({ deletedAt: T0 }));
      return take(...of);
    };
    await expect(resume()).rejects.toMatchObject({ code: 'member_deleted' });
  });

  it('the member is shown as MX had it then', async () => {
    const { resume, answers: mx } = world(knownMember());
    mx.resume = () => member({ connectionStatus: 'RESUMED', body: { name: 'taken' } });
    expect((await resume()).member.body).toEqual({ name: 'taken' });
  });
});

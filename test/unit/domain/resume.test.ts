import { describe, expect, it } from 'vitest';
import { Failure, type FailureCode } from '../../../shared/domain/failure.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import { resumeMember } from '../../../shared/domain/resume.ts';
import { textOf, withMember } from '../../fakes/members-table.ts';
import { claim, key, knownMember, member, policy, T0 } from '../../samples.ts';
import { refreshWorld } from './refresh-world.ts';

const answers = [{ guid: 'CRD-1', value: 'Berlin' }];
const identifiers = { userIdentifier: 'USR-1', memberIdentifier: 'MBR-1' };
const PUT = 'resume USR-1/MBR-1';

/** A world with this member, and what became of the answers in it. */
function worldOf(record: MemberRecord | null = knownMember()) {
  const made = refreshWorld(record === null ? withMember() : withMember(record));
  const claimNow = () => made.table.members.get(textOf(key))?.claim ?? null;
  return { ...made, claimNow, resume: () => resumeMember(made.deps, identifiers, answers) };
}

const waiting = { userPresent: false, questions: 'some', seenStatus: { connectionStatus: 'CHALLENGED' } };

describe('answers to a member without a refresh', () => {
  it('begin one that follows the job, without a POST', async () => {
    const starts = [plusSeconds(T0, -60)];
    const { resume, claimNow, mxCalls, sent, table } = worldOf(knownMember({ starts }));
    expect(await resume()).toMatchObject({ joined: false, refresh: { status: 'running', userPresent: true } });
    expect(mxCalls).toEqual([PUT]);
    expect(claimNow()).toMatchObject({
      phase: 'running',
      userPresent: true,
      start: { state: 'attached', count: 0, jobGuid: 'JOB-old' },
      baseline: { connectionStatus: 'CHALLENGED', isBeingAggregated: true },
      flagSeen: true,
      questions: null,
    });
    expect(table.members.get(textOf(key))?.starts).toEqual(starts);
    expect(sent).toEqual([
      {
        followUp: { refreshId: claimNow()?.refreshId, member: key, lookNumber: 1, state: null, correlationId: null },
        inSeconds: policy.firstLookSeconds,
      },
    ]);
  });

  it('begin one also when the allowance is used up', async () => {
    const starts = Array.from({ length: policy.allowanceStarts }, () => plusSeconds(T0, -60));
    const { resume } = worldOf(knownMember({ starts }));
    expect(await resume()).toMatchObject({
      joined: false,
      nextAllowedAt: plusSeconds(T0, -60 + policy.allowanceWindowSeconds),
    });
  });

  it('make an unknown member known', async () => {
    const { resume, table, claimNow } = worldOf(null);
    expect(await resume()).toMatchObject({ joined: false });
    expect(claimNow()).not.toBeNull();
    expect([...table.aliases.keys()].toSorted()).toEqual([
      'ALIAS#user-1/USER',
      'USR-1/ALIAS#member-1',
      'USR-1/OWN_ID#user-1',
    ]);
  });
});

describe('answers to a member whose refresh runs', () => {
  it('clear its questions and make it look soon', async () => {
    const { resume, claimNow, mxCalls, sent } = worldOf(knownMember({ claim: claim({ ...waiting, lookNumber: 4 }) }));
    expect(await resume()).toMatchObject({ joined: true, refresh: { refreshId: 'RFR-1', challenges: [] } });
    expect(mxCalls).toEqual([PUT]);
    expect(claimNow()).toMatchObject({
      userPresent: true,
      questions: null,
      seenStatus: { connectionStatus: 'RESUMED' },
    });
    expect(sent).toEqual([
      {
        followUp: { refreshId: 'RFR-1', member: key, lookNumber: 5, state: null, correlationId: null },
        inSeconds: policy.minLookGapSeconds,
      },
    ]);
  });

  it('tell it of its user before MX hears them', async () => {
    const { resume, claimNow, answers: mx } = worldOf(knownMember({ claim: claim(waiting) }));
    let present: boolean | undefined;
    mx.resume = () => {
      present = claimNow()?.userPresent;
      return member({ isBeingAggregated: true });
    };
    await resume();
    expect(present).toBe(true);
  });

  it('leave what is being stored alone', async () => {
    const storing = { ...claim({ userPresent: true }), phase: 'storing' } as const;
    const { resume, claimNow } = worldOf(knownMember({ claim: storing }));
    expect(await resume()).toMatchObject({ joined: true });
    expect(claimNow()).toEqual(storing);
  });
});

describe('answers that MX refuses', () => {
  it.each<FailureCode>(['mx_not_challenged', 'mx_refused', 'mx_not_found', 'mx_rate_limited', 'mx_forbidden'])(
    'are told as MX tells it, and begin nothing: %s',
    async (code) => {
      const { resume, claimNow, answers: mx, mxCalls, sent } = worldOf();
      mx.resume = () => new Failure(code, 'MX says no');
      await expect(resume()).rejects.toMatchObject({ code });
      expect([claimNow(), sent, mxCalls]).toEqual([null, [], [PUT]]);
    },
  );

  it.each<FailureCode>(['mx_timeout', 'mx_unavailable', 'mx_bad_answer'])(
    'or took without an answer, are sent once: %s',
    async (code) => {
      const { resume, claimNow, answers: mx, mxCalls } = worldOf();
      mx.resume = () => new Failure(code, 'no answer', { retryAfterSeconds: 1 });
      const failure = await resume().catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'answers_unknown', details: {} });
      expect([claimNow(), mxCalls]).toEqual([null, [PUT]]);
    },
  );

  it('are taken when the claim could not be written', async () => {
    const { deps } = worldOf();
    const members = {
      ...deps.members,
      claim: async () => {
        throw new Error('no table');
      },
    };
    await expect(resumeMember({ ...deps, members }, identifiers, answers)).rejects.toMatchObject({
      code: 'answers_taken',
    });
  });

  it('are not sent for a deleted member', async () => {
    const { resume, mxCalls } = worldOf(knownMember({ deletedAt: T0 }));
    await expect(resume()).rejects.toMatchObject({ code: 'member_deleted' });
    expect(mxCalls).toEqual([]);
  });
});

it('a refresh that began meanwhile is joined', async () => {
  const { deps, table, claimNow } = worldOf();
  const members = {
    ...deps.members,
    async claim() {
      const record = table.members.get(textOf(key));
      if (record) table.members.set(textOf(key), { ...record, claim: claim({ refreshId: 'RFR-9' }) });
      return false;
    },
  };
  const resumed = await resumeMember({ ...deps, members }, identifiers, answers);
  expect(resumed).toMatchObject({ joined: true, refresh: { refreshId: 'RFR-9', userPresent: true } });
  expect(claimNow()).toMatchObject({ refreshId: 'RFR-9', userPresent: true });
});

it('a later POST has a job of its own', async () => {
  const { deps, table, claimNow, wait } = worldOf();
  const later = plusSeconds(T0, 6);
  const started = { state: 'unknown', at: later, count: 1, lookNumber: 0, jobGuid: null } as const;
  const members = {
    ...deps.members,
    async claim() {
      wait(6);
      table.members.set(textOf(key), knownMember({ claim: claim({ acceptedAt: later, start: started }) }));
      return false;
    },
  };
  expect(await resumeMember({ ...deps, members }, identifiers, answers)).toMatchObject({ joined: true });
  expect(claimNow()).toMatchObject({ userPresent: true, flagSeen: false, seenStatus: null });
});

it('a refresh that ran meanwhile: the member is read again', async () => {
  const { deps, table, claimNow, answers: mxAnswers, mxCalls, wait } = worldOf();
  mxAnswers.read = () => member({ mostRecentJobGuid: 'JOB-newer' });
  let lost = 0;
  const members = {
    ...deps.members,
    async claim(...given: Parameters<typeof deps.members.claim>) {
      lost += 1;
      wait(6);
      if (lost > 1) return deps.members.claim(...given);
      table.members.set(textOf(key), knownMember({ startsVersion: 1, starts: [T0] }));
      return false;
    },
  };
  await resumeMember({ ...deps, members }, identifiers, answers);
  expect(mxCalls).toEqual([PUT, 'read USR-1/MBR-1']);
  expect(claimNow()).toMatchObject({ start: { state: 'attached', jobGuid: 'JOB-newer' } });
  // The job of the answers may be over by now: it ended while this refresh ran only if that counts from the answers on.
  expect(claimNow()).toMatchObject({ acceptedAt: T0, deadline: plusSeconds(T0, policy.deadlineSeconds) });
});

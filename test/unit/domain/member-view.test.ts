import { describe, expect, it } from 'vitest';
import type { ExactObject } from '../../../shared/domain/decimal.ts';
import { endedClaim } from '../../../shared/domain/end-refresh.ts';
import { baselineOf } from '../../../shared/domain/evidence.ts';
import type { MemberBody, MemberRecord } from '../../../shared/domain/member.ts';
import { asksUser, bodyAtEnd, memberView, statusView } from '../../../shared/domain/member-view.ts';
import type { RunningClaim } from '../../../shared/domain/refresh.ts';
import { at, attemptOf, claim, key, knownMember, member, question } from '../../samples.ts';

/** Stored at the end of the refresh before; the times in the words of MX. */
const before: MemberBody = {
  seenAt: at(-3600),
  body: {
    guid: 'MBR-1',
    user_guid: 'USR-1',
    name: 'MX Bank',
    connection_status: 'CONNECTED',
    connection_status_message: 'Connected to MX Bank',
    is_being_aggregated: false,
    most_recent_job_guid: 'JOB-old',
    aggregated_at: '2026-11-21T06:00:00Z',
    successfully_aggregated_at: '2026-11-21T06:00:09Z',
  },
};
const rested = knownMember({ seenAt: before.seenAt });
const unanswered: RunningClaim = { ...claim(), start: { state: 'none' }, baseline: null, lookedAt: null };
const named = { most_recent_job_guid: 'JOB-new' };
const { connection_status_message: _message, ...unexplained } = before.body;
const { most_recent_job_guid: _guid, ...unnamed } = before.body;

describe('a member is shown', () => {
  it.each<[string, Partial<MemberRecord>, MemberBody | null, ExactObject]>([
    ['as stored, with nothing running', {}, before, before.body],
    [
      'by its guids, before anything is stored',
      { seenAt: null },
      null,
      { guid: 'MBR-1', user_guid: 'USR-1', is_being_aggregated: false },
    ],
    [
      'as stored, but running, while MX is away',
      { claim: unanswered },
      before,
      { ...before.body, is_being_aggregated: true },
    ],
    [
      'with the job that the 202 named',
      { claim: claim() },
      before,
      { ...before.body, ...named, is_being_aggregated: true },
    ],
    [
      'with the job before, until another is known',
      { claim: claim({ start: { ...claim().start, jobGuid: null } }) },
      before,
      { ...before.body, is_being_aggregated: true },
    ],
    [
      'without a guid, when the job has begun and none is known',
      { claim: claim({ start: { ...claim().start, jobGuid: null }, jobAggregatedAt: at(1) }) },
      before,
      { ...unnamed, aggregated_at: at(1), is_being_aggregated: true },
    ],
    [
      'with the status before the job, when that was news',
      { claim: claim({ baseline: { ...baselineOf(member()), connectionStatus: 'DENIED', aggregatedAt: at(-60) } }) },
      before,
      { ...unexplained, ...named, connection_status: 'DENIED', aggregated_at: at(-60), is_being_aggregated: true },
    ],
    [
      'with the status that the last look saw',
      { claim: claim({ seenStatus: { connectionStatus: 'CHALLENGED' } }) },
      before,
      { ...unexplained, ...named, connection_status: 'CHALLENGED', is_being_aggregated: true },
    ],
    [
      'with no status, when the last look saw none',
      { claim: claim({ seenStatus: { connectionStatus: null } }) },
      before,
      { ...unexplained, ...named, connection_status: null, is_being_aggregated: true },
    ],
    [
      'as a webhook made the last look store it',
      { claim: claim({ lookedAt: at(5) }), seenAt: at(5) },
      { seenAt: at(5), body: { ...before.body, connection_status: 'LOCKED' } },
      { ...before.body, connection_status: 'LOCKED', is_being_aggregated: true },
    ],
    [
      'with the newer job, when a POST followed that look',
      { claim: claim({ lookedAt: at(5), jobAggregatedAt: at(6) }), seenAt: at(5) },
      { seenAt: at(5), body: before.body },
      { ...before.body, ...named, aggregated_at: at(6), is_being_aggregated: true },
    ],
    [
      'with the status of its end, when that is all that was written before a crash',
      { seenAt: at(10), lastAttempt: attemptOf(claim(), { connectionStatus: 'DENIED' }) },
      before,
      { guid: 'MBR-1', user_guid: 'USR-1', name: 'MX Bank', connection_status: 'DENIED', is_being_aggregated: false },
    ],
    [
      'as waiting for its user, when that end says so',
      { seenAt: at(10), lastAttempt: attemptOf(claim(), { connectionStatus: 'CHALLENGED' }) },
      null,
      { guid: 'MBR-1', user_guid: 'USR-1', connection_status: 'CHALLENGED', is_being_aggregated: true },
    ],
    [
      'without a status, when that end saw none',
      { seenAt: at(10), lastAttempt: attemptOf(claim(), { connectionStatus: null }) },
      before,
      { guid: 'MBR-1', user_guid: 'USR-1', name: 'MX Bank', is_being_aggregated: false },
    ],
    [
      'without a status, when a reading after that end was not stored',
      { seenAt: at(40), lastAttempt: attemptOf(claim(), { connectionStatus: 'CONNECTED' }) },
      { ...before, seenAt: at(30) },
      { guid: 'MBR-1', user_guid: 'USR-1', name: 'MX Bank', is_being_aggregated: false },
    ],
    [
      'with a change that is yet to be told',
      { seenAt: at(40), untoldChange: { from: 'CONNECTED', to: 'DENIED', at: at(40), refreshId: null } },
      before,
      { guid: 'MBR-1', user_guid: 'USR-1', name: 'MX Bank', connection_status: 'DENIED', is_being_aggregated: false },
    ],
    [
      'as its last end left it, while MX is away in the next refresh',
      { claim: unanswered, seenAt: at(-10), lastAttempt: attemptOf(claim(), { connectionStatus: 'DENIED' }) },
      before,
      { guid: 'MBR-1', user_guid: 'USR-1', name: 'MX Bank', connection_status: 'DENIED', is_being_aggregated: true },
    ],
    [
      'as stored, once its refresh has ended',
      { claim: endedClaim(claim(), attemptOf(claim())), lastAttempt: attemptOf(claim()) },
      before,
      before.body,
    ],
  ])('%s', (_how, given, stored, shown) => {
    expect(memberView({ ...rested, ...given }, stored)).toEqual(shown);
  });
});

describe('the status view', () => {
  const asked = { ...before.body, connection_status: 'CHALLENGED', is_being_aggregated: true };

  it('has MX’s fields of that route', () => {
    expect(statusView(before.body, [])).toEqual({
      guid: 'MBR-1',
      aggregated_at: '2026-11-21T06:00:00Z',
      connection_status: 'CONNECTED',
      is_being_aggregated: false,
      successfully_aggregated_at: '2026-11-21T06:00:09Z',
    });
  });

  it('has the questions while MX waits for an answer', () => {
    expect(statusView(asked, [question])).toMatchObject({
      connection_status: 'CHALLENGED',
      challenges: [{ guid: 'CRD-1', label: 'What city?', type: 'TEXT', field_name: null, options: [] }],
    });
    expect(statusView(asked, [])).not.toHaveProperty('challenges');
  });

  it.each(['EXPIRED', 'CONNECTED', null])('has no dead question once MX shows %s', (connection_status) => {
    const view = { ...asked, connection_status };
    expect([asksUser(view), statusView(view, [question])]).toEqual([
      false,
      expect.not.objectContaining({ challenges: expect.anything() }),
    ]);
  });
});

describe('without a last look', () => {
  it('what the claim knows is stored', () => {
    const seen = claim({ seenStatus: { connectionStatus: 'DENIED' }, jobAggregatedAt: at(1) });
    expect(bodyAtEnd(key, seen, before)).toEqual({
      ...unexplained,
      ...named,
      connection_status: 'DENIED',
      aggregated_at: at(1),
      is_being_aggregated: false,
    });
    expect(bodyAtEnd(key, claim({ seenStatus: { connectionStatus: 'CHALLENGED' } }), null)).toMatchObject({
      guid: 'MBR-1',
      connection_status: 'CHALLENGED',
      is_being_aggregated: true,
    });
  });

  it('nothing is stored when MX was never read', () => {
    expect(bodyAtEnd(key, unanswered, before)).toBeNull();
  });
});

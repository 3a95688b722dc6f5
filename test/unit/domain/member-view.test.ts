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

const explanation = {
  error: 'x',
  most_recent_job_detail_code: 'x',
  most_recent_job_detail_text: 'x',
  needs_updated_credentials: true,
};

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
      'as stored by its last look, which saw no time',
      { claim: claim({ baseline: null, lookedAt: at(5), seenStatus: { connectionStatus: 'DENIED' } }) },
      { seenAt: at(5), body: { guid: 'MBR-1', connection_status: 'CONNECTED' } },
      { guid: 'MBR-1', connection_status: 'CONNECTED', is_being_aggregated: true },
    ],
    [
      'with the time before its job, where what is stored has none',
      { claim: claim({ lookedAt: at(5) }), seenAt: at(5) },
      { seenAt: at(5), body: { guid: 'MBR-1' } },
      {
        ...{ guid: 'MBR-1', connection_status: 'CONNECTED', ...named, is_being_aggregated: true },
        aggregated_at: '2026-11-21T06:00:00.000Z',
        successfully_aggregated_at: '2026-11-21T06:00:09.000Z',
      },
    ],
    [
      'with the time before its job, where what is stored is older',
      { claim: claim({ lookedAt: at(5) }), seenAt: at(5) },
      { seenAt: at(5), body: { ...before.body, aggregated_at: '2026-11-20T06:00:00Z' } },
      { ...before.body, ...named, aggregated_at: '2026-11-21T06:00:00.000Z', is_being_aggregated: true },
    ],
    [
      'with no time, where none is known',
      { claim: claim({ baseline: { ...baselineOf(member()), aggregatedAt: null, successfullyAggregatedAt: null } }) },
      { ...before, body: { guid: 'MBR-1' } },
      {
        ...{ guid: 'MBR-1', connection_status: 'CONNECTED', most_recent_job_guid: 'JOB-new' },
        ...{ aggregated_at: null, successfully_aggregated_at: null, is_being_aggregated: true },
      },
    ],
    [
      'without what explains another status',
      { claim: claim({ seenStatus: { connectionStatus: 'CHALLENGED' } }) },
      { ...before, body: { ...before.body, ...explanation } },
      { ...unexplained, ...named, connection_status: 'CHALLENGED', is_being_aggregated: true },
    ],
    [
      'by the flag of its end, when that is all that was written',
      { seenAt: at(10), lastAttempt: attemptOf(claim(), { connectionStatus: 'DENIED' }) },
      { ...before, body: { guid: 'MBR-1', is_being_aggregated: true } },
      { guid: 'MBR-1', connection_status: 'DENIED', is_being_aggregated: false },
    ],
    [
      'without a status, when that end is as old as what is stored',
      { seenAt: at(40), lastAttempt: attemptOf(claim(), { connectionStatus: 'DENIED' }) },
      { ...before, seenAt: at(20) },
      { guid: 'MBR-1', user_guid: 'USR-1', name: 'MX Bank', is_being_aggregated: false },
    ],
    [
      'as its end left it, when a change was stored before',
      {
        seenAt: at(40),
        untoldChange: { from: 'CONNECTED', to: 'LOCKED', at: at(-3600), refreshId: null },
        lastAttempt: attemptOf(claim(), { connectionStatus: 'DENIED' }),
      },
      before,
      { guid: 'MBR-1', user_guid: 'USR-1', name: 'MX Bank', connection_status: 'DENIED', is_being_aggregated: false },
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

  it('has the images of a question', () => {
    const image = { guid: 'CRD-2', label: 'A', value: '1', dataUri: 'data:x' };
    expect(statusView(asked, [{ ...question, imageData: 'data:y', imageOptions: [image] }])['challenges']).toEqual([
      {
        ...{ guid: 'CRD-1', label: 'What city?', type: 'TEXT', field_name: null, options: [], image_data: 'data:y' },
        image_options: [{ guid: 'CRD-2', label: 'A', value: '1', data_uri: 'data:x' }],
      },
    ]);
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

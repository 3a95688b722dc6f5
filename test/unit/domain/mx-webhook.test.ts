import { describe, expect, it } from 'vitest';
import { readWebhook, webhookFields } from '../../../shared/domain/mx-webhook.ts';

const now = '2026-11-21T12:00:00.500Z';
const member = { userGuid: 'USR-eaf4ac68-d17d', memberGuid: 'MBR-48d9a481-f2a2' };
/** MX facts 6.2. */
const balance = {
  action: 'member_data_updated',
  completed_at: 1795262398,
  completed_on: '2026-11-21',
  member_guid: member.memberGuid,
  type: 'BALANCE',
  user_guid: member.userGuid,
};
const memberWebhook = {
  type: 'MEMBER',
  action: 'updated',
  guid: member.memberGuid,
  user_guid: member.userGuid,
  aggregated_at: null,
  connection_status: 'DENIED',
  revision: 7,
};

const webhook = (about: string, completedAt: string | null = null) => ({
  kind: 'relevant',
  webhook: { about, member, completedAt, receivedAt: now },
});

it('these fields of a webhook are read', () => {
  expect(webhookFields).toEqual(['type', 'action', 'guid', 'member_guid', 'user_guid', 'completed_at']);
});

it('a guid makes no member’s webhook of another type', () => {
  expect(readWebhook({ ...memberWebhook, type: 'STATEMENT' }, now)).toEqual({
    kind: 'ignored',
    reason: 'type STATEMENT',
  });
});

describe('a webhook', () => {
  it.each([
    ['BALANCE', balance, webhook('data', '2026-11-21T11:59:58.000Z')],
    [
      'AGGREGATION',
      { ...balance, type: 'AGGREGATION', is_background: true, job_guid: 'JOB-1', user_id: null },
      webhook('data', '2026-11-21T11:59:58.000Z'),
    ],
    [
      'CONNECTION_STATUS',
      { ...balance, type: 'CONNECTION_STATUS', action: 'CHANGED', completed_at: undefined },
      webhook('connection'),
    ],
    ['MEMBER', memberWebhook, webhook('connection')],
    ['MEMBER, created', { ...memberWebhook, action: 'created' }, webhook('connection')],
    ['MEMBER, deleted', { ...memberWebhook, action: 'deleted' }, webhook('deletion')],
    ['MEMBER without a type', { ...memberWebhook, type: undefined }, webhook('connection')],
    [
      'MEMBER that names itself as the others do',
      { ...memberWebhook, guid: null, member_guid: member.memberGuid },
      webhook('connection'),
    ],
    ['BALANCE with a “deleted” in it', { ...balance, action: 'deleted' }, webhook('data', '2026-11-21T11:59:58.000Z')],
    [
      'new fields and nulls',
      { ...balance, action: null, completed_on: null, new_field: { a: [1] } },
      webhook('data', '2026-11-21T11:59:58.000Z'),
    ],
  ])('is read as a webhook: %s', (_what, body, read) => {
    expect(readWebhook(body, now)).toEqual(read);
  });

  it.each([
    ['missing', undefined],
    ['null', null],
    ['text', '1795262398'],
    ['zero', 0],
    ['negative', -5],
    ['no number', Number.NaN],
    ['milliseconds', 1795262398000],
    ['beyond all dates', 1e300],
    ['the year 10000', 253402300800],
    ['more than a day ahead', 1795262400 + 86_401],
  ])('has its receipt for its completion when that is %s', (_what, completedAt) => {
    expect(readWebhook({ ...balance, completed_at: completedAt }, now)).toEqual(webhook('data', now));
  });

  it.each([
    [1, '1970-01-01T00:00:01.000Z'],
    [1795262400 + 86_400, '2026-11-22T12:00:00.000Z'],
  ])('has completed at %i s: %s', (seconds, completedAt) => {
    expect(readWebhook({ ...balance, completed_at: seconds }, now)).toEqual(webhook('data', completedAt));
  });

  it('may be ahead of our clock and have fractions', () => {
    expect(readWebhook({ ...balance, completed_at: 1795262400 + 3600 }, now)).toEqual(
      webhook('data', '2026-11-21T13:00:00.000Z'),
    );
    expect(readWebhook({ ...balance, completed_at: 1795262398.7 }, now)).toEqual(
      webhook('data', '2026-11-21T11:59:58.000Z'),
    );
  });

  it.each([
    ['HISTORY', { ...balance, type: 'HISTORY' }, 'type HISTORY'],
    ['a new type', { ...balance, type: 'SOMETHING_NEW' }, 'type SOMETHING_NEW'],
    ['initial_data_ready', { ...balance, type: 'initial_data_ready', guid: 'IDR-1' }, 'type initial_data_ready'],
    [
      'ACCOUNT',
      { type: 'ACCOUNT', guid: 'ACT-1', member_guid: member.memberGuid, user_guid: member.userGuid },
      'type ACCOUNT',
    ],
    ['a type of any text', { ...balance, type: 'x'.repeat(5000) }, 'unreadable'],
    ['a type that is a name of every object', { ...balance, type: 'constructor' }, 'type constructor'],
    ['no type', { ...balance, type: undefined }, 'unreadable'],
    ['a job webhook', { job: { status: 'COMPLETED' } }, 'unreadable'],
    ['null', null, 'unreadable'],
    ['a list', [balance], 'unreadable'],
    ['a text', 'BALANCE', 'unreadable'],
    ['no user', { ...balance, user_guid: null }, 'no guids'],
    ['no member', { ...balance, member_guid: undefined }, 'no guids'],
    ['guids of another kind', { ...balance, member_guid: 'ACT-1' }, 'no guids'],
    ['a guid that would leave its path', { ...balance, member_guid: 'MBR-1/../../users' }, 'no guids'],
    ['a guid that would join keys', { ...balance, user_guid: 'USR-1#MBR-2' }, 'no guids'],
  ])('is ignored, and says why: %s', (_what, body, reason) => {
    expect(readWebhook(body, now)).toEqual({ kind: 'ignored', reason });
  });
});

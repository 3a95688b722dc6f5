import { describe, expect, it } from 'vitest';
import {
  accountsShown,
  historyShown,
  refreshesShown,
  runningShown,
  scheduleShown,
} from '../../../infra/console/member-data.ts';
import { type ExactObject, isExactObject, parseExactJson } from '../../../shared/domain/decimal.ts';
import type { Claim } from '../../../shared/domain/refresh.ts';
import { at, attemptOf, refreshId, startingClaim } from '../../samples.ts';

const exact = (text: string): ExactObject => {
  const value = parseExactJson(text);
  if (!isExactObject(value)) throw new Error('no object');
  return value;
};

describe('accounts', () => {
  const balance = '12345678901234567890123456789012345.678';
  const account = `{"guid":"ACT-1","name":"<b>Mine</b>","type":"SAVINGS","currency_code":"EUR","balance":${balance},"available_balance":null,"account_number":"4711","fresh_as_of":"2026-11-27T12:00:00.000Z","listed":true,"stale_reason":null}`;
  const body = exact(`{"accounts":[${account}],"pagination":{"total_entries":1}}`);
  const shown = {
    guid: 'ACT-1',
    name: '<b>Mine</b>',
    type: 'SAVINGS',
    currency: 'EUR',
    freshAsOf: '2026-11-27T12:00:00.000Z',
    isListed: true,
    staleBecause: null,
    amounts: null,
  };

  it('have no amount and no number unless asked for', () => {
    expect(accountsShown(body, false)).toEqual({ accounts: [shown], total: 1 });
  });

  it('have their amounts digit for digit; missing is missing', () => {
    expect(accountsShown(body, true).accounts).toEqual([{ ...shown, amounts: { balance, available: null } }]);
  });

  it('of credit have their available credit', () => {
    const card = exact('{"accounts":[{"guid":"ACT-1","available_balance":null,"available_credit":750.10}]}');
    expect(accountsShown(card, true).accounts[0]?.amounts).toEqual({ balance: null, available: '750.10' });
  });

  it.each([
    ['no_longer_listed', 'MX no longer lists this account'],
    ['not_imported', 'MX’s last job has left this account behind'],
    ['something_new', 'something_new'],
  ])('are stale for %s', (reason, words) => {
    const { accounts } = accountsShown(exact(`{"accounts":[{"guid":"ACT-1","stale_reason":"${reason}"}]}`), false);
    expect(accounts.map(({ staleBecause }) => staleBecause)).toEqual([words]);
  });

  it('say how many there are beyond those of the page', () => {
    expect(accountsShown(exact('{"accounts":[],"pagination":{"total_entries":1200}}'), false).total).toBe(1200);
    expect(accountsShown(exact('{"accounts":[]}'), false).total).toBe(0);
  });
});

describe('a refresh that runs', () => {
  const key = { userGuid: 'USR-1', memberGuid: 'MBR-1' };
  const claim = startingClaim(refreshId(1));
  const accepted = { ...claim.start, state: 'accepted' as const };
  const stepOf = (given: Partial<typeof claim>): readonly string[] => {
    const { step, sentence } = runningShown(key, { ...claim, ...given });
    return [step, sentence];
  };

  it.each([
    [{}, 'waits', 'MX has not confirmed the request, and nothing shows yet that it started a job.'],
    [{ start: accepted }, 'requested', 'MX has accepted the request for a job; it was not looked at yet.'],
    [
      { start: accepted, lookNumber: 1 },
      'requested',
      'MX has accepted the request for a job; no look has shown one yet.',
    ],
    [{ start: { ...claim.start, state: 'attached' as const } }, 'requested', 'A job that ran already is followed.'],
    [{ start: accepted, lookNumber: 1, flagSeen: true }, 'job_runs', 'MX has shown the job; its end was not seen yet.'],
    [
      { start: accepted, lookNumber: 1, jobAggregatedAt: at(1) },
      'job_runs',
      'MX has shown the job; its end was not seen yet.',
    ],
    [
      { start: accepted, lookNumber: 1, questions: 'q' },
      'asks_user',
      'The bank asks the user something: the answer goes to PUT …/resume.',
    ],
    [
      { start: accepted, lookNumber: 2, unanswered: { code: 'mx_unavailable' as const, nextLookAt: at(9) } },
      'waits',
      'MX cannot be reached; it is asked again.',
    ],
  ])('%o', (given, step, sentence) => {
    expect(stepOf(given)).toEqual([step, sentence]);
  });

  it('stores its accounts', () => {
    const storing: Claim = { ...claim, start: accepted, phase: 'storing' };
    expect(runningShown(key, storing)).toMatchObject({ step: 'storing', refreshId: refreshId(1), ...key });
  });

  it('has ended, and is not published yet', () => {
    const { refreshId: id, trigger, acceptedAt, deadline, userPresent, correlationId, lookNumber, lookedAt } = claim;
    const facts = { refreshId: id, trigger, acceptedAt, deadline, userPresent, correlationId, lookNumber, lookedAt };
    const ended: Claim = { ...facts, phase: 'ended', baseline: null, result: attemptOf(claim, { code: 'denied' }) };
    expect(runningShown(key, ended)).toMatchObject({
      step: 'ended',
      sentence: 'Its end is being published: The institution refused the stored credentials.',
    });
  });
});

it('a history is that of the API', () => {
  const body = exact(
    '{"history":[{"current":true,"balance":2.50,"currency_code":"EUR","amounts_since":"b"},{"balance":null,"amounts_since":"a"}],"next_cursor":"c"}',
  );
  expect(historyShown(body)).toEqual({
    amounts: [
      { since: 'b', balance: '2.50', currency: 'EUR' },
      { since: 'a', balance: null, currency: null },
    ],
    isMore: true,
  });
});

it('refreshes are those of the API', () => {
  const body = exact(
    '{"refreshes":[{"refresh_id":"RFR-1","correlation_id":"RFR-1","trigger":"http","accepted_at":"a","ended_at":"e","outcome":"failed","code":"degraded","action":"retry_later","message":"m","user_message":"<i>u</i>"}],"next_cursor":null}',
  );
  expect(refreshesShown(body)).toEqual({
    refreshes: [
      {
        ...{ refreshId: 'RFR-1', correlationId: 'RFR-1', trigger: 'http', acceptedAt: 'a', endedAt: 'e' },
        ...{ observedAt: null, lastLookAt: null, outcome: 'failed', code: 'degraded', action: 'retry_later' },
        ...{ message: 'm', userMessage: '<i>u</i>', connectionStatus: null },
      },
    ],
    isMore: false,
  });
  expect(refreshesShown(exact('{"refreshes":[],"next_cursor":"RFR-1"}')).isMore).toBe(true);
});

it.each([
  ['{"schedule":{"every":null,"next_due_at":null,"quiet_hours":null,"held":null}}', null, null, null],
  [
    '{"schedule":{"every":24,"next_due_at":"t","quiet_hours":{"from":"22:00","to":"07:00"},"time_zone":"Europe/Berlin","held":{"message":"denied"}}}',
    24,
    '22:00 to 07:00, Europe/Berlin',
    'denied',
  ],
])('a schedule: %s', (text, everyHours, quietHours, held) => {
  expect(scheduleShown(exact(text))).toMatchObject({ everyHours, quietHours, held });
});

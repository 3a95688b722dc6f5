/** Answers as the service makes them: with its own functions, so that client and service cannot drift apart unseen. */
import type { StoredBalance } from '../../../shared/domain/balance.ts';
import { Decimal } from '../../../shared/domain/decimal.ts';
import { freshnessOf } from '../../../shared/domain/freshness.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import { attemptOf, type Refresh, type Result } from '../../../shared/domain/refresh.ts';
import {
  accountBody,
  freshnessBody,
  freshnessHeaders,
  type KnownFreshness,
  refreshBody,
} from '../../../shared/lambda/api-shapes.ts';
import { pageOf } from '../../../shared/lambda/mx-pagination.ts';
import { refreshId, runningRefresh } from '../../samples.ts';
import type { Said } from './stub-api.ts';

const member = { userGuid: 'USR-1', memberGuid: 'MBR-1' };

/** The instant at which every answer is given. */
export const NOW = '2026-01-15T12:01:00.000Z';
const OBSERVED = '2026-01-15T12:00:00.000Z';

/** How the refresh of these answers ended. */
export const result: Result = {
  outcome: 'action_required',
  action: 'answer_mfa',
  code: 'challenged',
  message: 'MX waits for the user.',
  userMessage: 'Frage: „Wie heißt dein Hund?“',
  connectionStatus: 'CHALLENGED',
  challenges: [
    {
      guid: 'CRD-1',
      label: 'Which?',
      type: 'OPTIONS',
      fieldName: 'mfa_answer',
      options: [{ guid: 'OPT-1', label: 'One', value: null }],
      imageData: 'data:x',
      imageOptions: [{ guid: 'OPT-2', label: 'Two', value: null, dataUri: 'data:y' }],
    },
  ],
  endedAt: OBSERVED,
  observedAt: null,
};

/** A refresh that runs, or that ended with `result`. */
export function refresh(status: 'running' | 'ended', number = 1): Refresh {
  const running = runningRefresh(member, refreshId(number), {
    acceptedAt: '2026-01-15T11:59:50.000Z',
    deadline: '2026-01-15T12:09:50.000Z',
    userPresent: true,
    progress: { jobStarted: true, waitsFor: null, lastLookAt: '2026-01-15T11:59:55.000Z', nextLookAt: null },
  });
  return status === 'ended' ? { ...running, status, challenges: result.challenges, progress: null, result } : running;
}

const attempt = attemptOf(
  { refreshId: refreshId(2), trigger: 'schedule', acceptedAt: OBSERVED },
  { ...result, endedAt: '2026-01-15T12:00:30.000Z' },
  true,
);

/** A stored account. */
export const balance = (guid: string, amount = '12345678901234567.89', observedAt = OBSERVED): StoredBalance => ({
  member,
  accountGuid: guid,
  fields: {
    guid,
    member_guid: 'MBR-1',
    user_guid: 'USR-1',
    type: 'CHECKING',
    balance: Decimal.of(amount),
    is_closed: false,
    federal_insurance_status: Decimal.of('1'),
  },
  observedAt,
  freshAsOf: observedAt,
  amountsSince: observedAt,
  staleReason: null,
  refreshId: refreshId(1),
  trigger: 'schedule',
  lastChange: null,
  listed: true,
});

const memory: Pick<MemberRecord, 'lastAttempt' | 'lastSuccess' | 'claim' | 'held'> = {
  claim: null,
  held: null,
  lastAttempt: attempt,
  lastSuccess: { refreshId: refreshId(1), observedAt: OBSERVED, incomplete: true },
};

/** What the service knows of the age of `balances`; without any, of a member that was never refreshed. */
export function known(balances: readonly StoredBalance[], staleAfterSeconds = 86_400): KnownFreshness {
  const remembered = balances.length === 0 ? { ...memory, lastAttempt: null, lastSuccess: null } : memory;
  return {
    freshness: freshnessOf(balances, remembered, NOW, staleAfterSeconds),
    member: remembered,
    nextAllowedAt: balances.length === 0 ? null : '2026-01-15T13:00:00.000Z',
  };
}

/** The member in MX's shape. */
export const mxMember = {
  guid: 'MBR-1',
  user_guid: 'USR-1',
  connection_status: 'CONNECTED',
  is_being_aggregated: true,
};

/** 202 of a trigger. */
export const accepted = (): Said => ({
  status: 202,
  headers: { 'retry-after': '4', location: `/refreshes/${refreshId(1)}` },
  body: { member: mxMember, refresh: { ...refreshBody(refresh('running'), null), joined: true } },
});

/** 200 of a trigger: waited for, or (null) young enough. */
export const answered = (waited: Refresh | null): Said => ({
  body: {
    member: mxMember,
    refresh: waited && { ...refreshBody(waited, null), joined: false },
    accounts: [balance('ACT-1')].map(accountBody),
    freshness: freshnessBody(known([balance('ACT-1')]), result.userMessage),
  },
});

/** 200 of a read in MX's shape. */
export const read = (body: object, balances: readonly StoredBalance[], etag = '"tag"'): Said => ({
  headers: { ...freshnessHeaders(known(balances)), etag },
  body,
});

/** A page of accounts. */
export const accountsPage = (
  balances: readonly StoredBalance[],
  page: { page: number; recordsPerPage: number } = { page: 1, recordsPerPage: 25 },
): Said => {
  const { items, pagination } = pageOf(balances, page);
  return read({ accounts: items.map(accountBody), pagination }, balances);
};

/** `GET /refreshes/{id}`. */
export const refreshAnswer = (status: 'running' | 'ended', retryAfter?: string): Said => ({
  ...(retryAfter === undefined ? {} : { headers: { 'retry-after': retryAfter } }),
  body: { refresh: refreshBody(refresh(status), null) },
});

/** A member's data for the page: from the API what callers see, from the tables why it is so. */
import { Decimal, type ExactJson, type ExactObject, isExactObject } from '../../shared/domain/decimal.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import { outcomes } from '../../shared/domain/outcome.ts';
import { progressOf, waitReasons } from '../../shared/domain/progress.ts';
import { type Claim, correlationOf, type OpenClaim } from '../../shared/domain/refresh.ts';
import type { ExplainedMember } from '../operator/explained-member.ts';
import type { WatchedMember } from '../operator/watched-member.ts';
import type {
  AccountList,
  AccountShown,
  HistoryShown,
  MemberShown,
  RefreshList,
  RunningShown,
  ScheduleShown,
  WatchedShown,
} from './shapes.ts';

/** A refresh that runs, as its claim says. */
export function runningShown({ userGuid, memberGuid }: MemberKey, claim: Claim): RunningShown {
  const { refreshId, trigger, acceptedAt, deadline, lookNumber, lookedAt } = claim;
  const facts = {
    ...{ userGuid, memberGuid, refreshId, trigger, acceptedAt, deadline },
    correlationId: claim.correlationId === null ? null : correlationOf(claim),
    looks: lookNumber,
    lastLookAt: lookedAt,
  };
  if (claim.phase === 'ended') {
    const { message } = outcomes[claim.result.code];
    return { ...facts, step: 'ended', sentence: `Its end is being published: ${message}`, nextLookAt: null };
  }
  const { waitsFor, nextLookAt } = progressOf(claim);
  const step = stepOf(claim, waitsFor !== null);
  const sentence = step === 'waits' && waitsFor !== null ? waitReasons[waitsFor] : sentenceOf(claim, step);
  return { ...facts, step, sentence, nextLookAt };
}

type OpenStep = Exclude<RunningShown['step'], 'ended'>;

function stepOf(claim: OpenClaim, waits: boolean): OpenStep {
  if (claim.phase === 'storing') return 'storing';
  if (claim.questions !== null) return 'asks_user';
  if (waits) return 'waits';
  // That MX has accepted the request proves no job: it has to be seen.
  return claim.flagSeen || claim.jobAggregatedAt !== null ? 'job_runs' : 'requested';
}

function sentenceOf({ start, lookNumber }: OpenClaim, step: OpenStep): string {
  if (step !== 'requested') return sentences[step];
  if (start.state === 'attached') return 'A job that ran already is followed.';
  return `MX has accepted the request for a job; ${lookNumber === 0 ? 'it was not looked at yet' : 'no look has shown one yet'}.`;
}

const sentences: Readonly<Record<Exclude<OpenStep, 'requested'>, string>> = {
  job_runs: 'MX has shown the job; its end was not seen yet.',
  waits: 'It waits.',
  asks_user: 'The bank asks the user something: the answer goes to PUT …/resume.',
  storing: 'The job is over with success; the accounts are being stored.',
};

/** A member, explained. */
export const memberShown = ({ member, bankDownSince, explained, running }: ExplainedMember): MemberShown => ({
  ...member.key,
  institution: member.institutionCode,
  bankDownSince,
  why: explained.why,
  move: explained.move,
  next: explained.next,
  action: explained.action,
  verdict: explained.freshness?.verdict ?? null,
  freshAsOf: explained.freshness?.freshAsOf ?? null,
  ...watchedShown({ member, running }),
});

/** What changes while a refresh runs. */
export const watchedShown = ({ member: { key, lastAttempt }, running }: WatchedMember): WatchedShown => ({
  lastEnd: lastAttempt && {
    refreshId: lastAttempt.refreshId,
    outcome: lastAttempt.outcome,
    sentence: outcomes[lastAttempt.code].message,
  },
  running: running && runningShown(key, running),
});

/** Why an account's values may not be those of now, by the API's `stale_reason`. */
const staleReasons: Readonly<Record<string, string>> = {
  no_longer_listed: 'MX no longer lists this account',
  not_imported: 'MX’s last job has left this account behind',
  unreadable: 'MX listed it with an amount that cannot be read; it keeps what it had',
};

/** The API's `GET …/accounts`. Amounts only with `withAmounts`: what is not shown does not leave this process. */
export function accountsShown(body: ExactObject, withAmounts: boolean): AccountList {
  const accounts = listIn(body, 'accounts').map((account) => accountShown(account, withAmounts));
  const total = isExactObject(body['pagination']) ? textIn(body['pagination'], 'total_entries') : null;
  return { accounts, total: total === null ? accounts.length : Number(total) };
}

function accountShown(account: ExactObject, withAmounts: boolean): AccountShown {
  const reason = textIn(account, 'stale_reason');
  return {
    guid: textIn(account, 'guid') ?? '',
    name: textIn(account, 'name'),
    type: textIn(account, 'type'),
    currency: textIn(account, 'currency_code'),
    freshAsOf: textIn(account, 'fresh_as_of'),
    isListed: account['listed'] === true,
    staleBecause: reason === null ? null : (staleReasons[reason] ?? reason),
    amounts: withAmounts
      ? {
          balance: textIn(account, 'balance'),
          // Credit cards have the second one.
          available: textIn(account, 'available_balance') ?? textIn(account, 'available_credit'),
        }
      : null,
  };
}

/** The API's `GET …/accounts/{a}/history`. */
export const historyShown = (body: ExactObject): HistoryShown => ({
  amounts: listIn(body, 'history').map((amounts) => ({
    since: textIn(amounts, 'amounts_since') ?? '',
    currency: textIn(amounts, 'currency_code'),
    balance: textIn(amounts, 'balance'),
  })),
  isMore: typeof body['next_cursor'] === 'string',
});

/** The API's `GET …/refreshes`. */
export const refreshesShown = (body: ExactObject): RefreshList => ({
  refreshes: listIn(body, 'refreshes').map((refresh) => ({
    refreshId: textIn(refresh, 'refresh_id') ?? '',
    correlationId: textIn(refresh, 'correlation_id'),
    trigger: textIn(refresh, 'trigger') ?? '',
    acceptedAt: textIn(refresh, 'accepted_at') ?? '',
    endedAt: textIn(refresh, 'ended_at'),
    observedAt: textIn(refresh, 'observed_at'),
    lastLookAt: textIn(refresh, 'last_look_at'),
    outcome: textIn(refresh, 'outcome'),
    code: textIn(refresh, 'code'),
    action: textIn(refresh, 'action'),
    message: textIn(refresh, 'message'),
    userMessage: textIn(refresh, 'user_message'),
    connectionStatus: textIn(refresh, 'connection_status'),
  })),
  isMore: body['next_cursor'] !== null,
});

/** The API's `GET …/schedule`, and the answer to a change of it. */
export function scheduleShown(body: ExactObject): ScheduleShown {
  const schedule = isExactObject(body['schedule']) ? body['schedule'] : {};
  const { quiet_hours: quiet, held } = schedule;
  const every = textIn(schedule, 'every');
  return {
    everyHours: every === null ? null : Number(every),
    nextDueAt: textIn(schedule, 'next_due_at'),
    quietHours: isExactObject(quiet)
      ? `${textIn(quiet, 'from')} to ${textIn(quiet, 'to')}, ${textIn(schedule, 'time_zone')}`
      : null,
    held: isExactObject(held) ? textIn(held, 'message') : null,
  };
}

const listIn = (body: ExactObject, name: string): readonly ExactObject[] => {
  const list: ExactJson | undefined = body[name];
  return Array.isArray(list) ? (list as readonly ExactJson[]).filter(isExactObject) : [];
};

/** A text, or a number digit for digit. */
function textIn(fields: ExactObject, name: string): string | null {
  const value = fields[name];
  if (value instanceof Decimal) return value.text;
  return typeof value === 'string' ? value : null;
}

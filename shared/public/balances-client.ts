/**
 * `mx-fresh-balances/client`: the HTTP API as a typed client, for Node 20 and later and for browsers. It needs nothing
 * but the platform. MX's own objects (accounts, members) keep MX's names; what this service adds is in camelCase. Every
 * method has a time limit, repeats nothing by itself, and throws `BalancesProblem` for what was not answered as asked.
 */

import { readAllPages } from './all-pages.ts';
import { listIn, objectIn, objectOf, textIn, textOrNullIn } from './answer-fields.ts';
import {
  type AccountAnswer,
  type AccountsPage,
  type AllAccounts,
  accountAnswer,
  accountsAnswer,
  type BalancesAnswered,
  type MemberAnswer,
  memberAnswer,
  type NotModified,
  type RefreshRunning,
  runningAnswer,
  type StatusAnswer,
  statusAnswer,
  triggerAnswer,
} from './client-answers.ts';
import { type ErasedAtMx, type Erasure, erasureFrom } from './erasure.ts';
import { type AccountAmounts, amountsFrom } from './history.ts';
import { type Answer, type BasicCredentials, type Call, httpCalls, type RequestSigner } from './http-calls.ts';
import { checkedIdentifier } from './identifiers.ts';
import { type Institution, institutionFrom } from './institution.ts';
import { BalancesProblem, retryAfterSeconds } from './problem.ts';
import {
  type ChallengeAnswer,
  type MemberSchedule,
  type QuietHours,
  type Refresh,
  refreshFrom,
  scheduleFrom,
} from './refresh.ts';
import { platformTime, type Time, untilEnded } from './until-ended.ts';
import type { AttentionAction } from './vocabulary.ts';
import { type WaitingCount, type WaitingMember, waitingCountFrom, waitingMemberFrom } from './waiting-members.ts';

export type * from './client-answers.ts';
export type { ErasedAtMx, Erasure } from './erasure.ts';
export type { DecimalText, Json } from './exact-json.ts';
export type { ApiFreshness, Freshness, LastAttempt, LastSuccess, ScheduleHeld } from './freshness.ts';
export type { AccountAmounts } from './history.ts';
export type { BasicCredentials, RequestSigner, UnsignedRequest } from './http-calls.ts';
export type {
  CountedRefreshes,
  Institution,
  InstitutionBreaker,
  InstitutionNotSupported,
  JobLengths,
  LengthRange,
} from './institution.ts';
export type { Account, AnsweredAccount, Member } from './mx-shapes.ts';
export { BalancesProblem, type ProblemCode } from './problem.ts';
export type {
  Challenge,
  ChallengeAnswer,
  MemberSchedule,
  Pagination,
  QuietHours,
  Refresh,
  ScheduleResult,
  TriggeredRefresh,
} from './refresh.ts';
export type { Time } from './until-ended.ts';
export type { Action, AttentionAction, Outcome, Trigger } from './vocabulary.ts';
export type { WaitingCount, WaitingMember } from './waiting-members.ts';

/** How to reach the API. */
export interface BalancesClientOptions {
  /** The stack's output `ApiUrl`. */
  readonly baseUrl: string;
  /** An API with `basic` callers takes an id and a key, one with `iam` callers a function that signs. */
  readonly credentials: BasicCredentials | RequestSigner;
  /** In place of the platform's. */
  readonly fetch?: typeof globalThis.fetch;
  /** For each call, `wait` not counted. @default 30, the longest that the gateway takes */
  readonly timeoutSeconds?: number;
  /** In place of the platform's clock and timers: for tests of `waitForEnd`. */
  readonly time?: Time;
}

/** What every method takes. */
export interface CallOptions {
  /** Ends the call; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * What your own system calls this, 1 to 64 of `A-Z a-z 0-9 . _ -`; not for identities. It stands in the service's log
   * lines, and of a trigger also in the events and callbacks of its refresh. The service ignores anything else.
   */
  readonly correlationId?: string;
}

/** What a trigger may ask for. */
export interface CheckBalanceOptions extends CallOptions {
  /** Seconds: stored balances of at most this age are good enough, and MX is not called. */
  readonly maxAge?: number;
  /** Seconds, at most 25: wait for the end of the refresh. @default 0 */
  readonly wait?: number;
  /** The end user is there and can answer MX's questions. @default false */
  readonly userPresent?: boolean;
  /** Where the service reports the end. */
  readonly callbackUrl?: string;
  /** The same key within 24 hours gets the same answer: for a caller that repeats a request whose answer was lost. */
  readonly idempotencyKey?: string;
}

/** Which accounts. */
export interface AccountsOptions extends CallOptions {
  /** Also those that MX no longer lists; they never make a list look fresh. @default false */
  readonly includeUnlisted?: boolean;
}

/** Which page of accounts. */
export interface PageOptions extends AccountsOptions {
  /** @default 1 */
  readonly page?: number;
  /** 10 to 1000; anything else is 25, as at MX. @default 25 */
  readonly recordsPerPage?: number;
}

/** Which amounts of an account. */
export interface HistoryOptions extends CallOptions {
  /** Those that held then or later. @default all that are kept */
  readonly from?: Date;
  /** Those that were first seen then or earlier. @default up to those of now */
  readonly to?: Date;
}

/** What a schedule may wish for besides its period. */
export interface ScheduleOptions extends CallOptions {
  /** No refresh is started then. */
  readonly quietHours?: QuietHours;
  /** Seconds: a turn is left out while the balances are at most so old. */
  readonly maxAge?: number;
}

/** How to erase a member's data. */
export interface EraseMemberOptions extends CallOptions {
  /** Whether MX deletes the member, too; that cannot be taken back. @default false */
  readonly atMx?: boolean;
}

/** How to erase a user's data. */
export interface EraseUserOptions extends CallOptions {
  /** What MX deletes, too; that cannot be taken back. @default false */
  readonly atMx?: ErasedAtMx;
}

/** Which institutions. */
export interface InstitutionsOptions extends CallOptions {
  /** Those whose breaker is open. @default false */
  readonly onlyOpen?: boolean;
}

/** How long to wait for the end of a refresh. */
export interface WaitOptions extends CallOptions {
  /** @default 900: a refresh ends by its deadline (10 minutes, a setting of the service), or about a minute later */
  readonly timeoutSeconds?: number;
  /** Told what each look at the refresh has seen, the last one too: for progress. */
  readonly seen?: (refresh: Refresh) => void;
}

/** The API. `user`, `member` and `account` are MX's guids or your own ids. */
export interface BalancesClient {
  /** Asks for fresh balances. Repeating it is harmless: a refresh that runs is joined. */
  checkBalance(user: string, member: string, options?: CheckBalanceOptions): Promise<RefreshRunning | BalancesAnswered>;
  /**
   * Passes the user's answers on to MX, once, and follows MX's job: `challenges` of `status` or of the refresh are what
   * it asks. Problem `mx_not_challenged`: it asks nothing. Problem `answers_unknown`: MX may have taken them, look at
   * `status` before the user answers anew, because wrong answers may lock the user out at the bank.
   */
  resume(
    user: string,
    member: string,
    answers: readonly ChallengeAnswer[],
    options?: CallOptions,
  ): Promise<RefreshRunning>;
  /** One refresh. */
  refresh(refreshId: string, options?: CallOptions): Promise<Refresh>;
  /**
   * The refresh once it has ended. Asks as often as the service's `Retry-After` says, and goes on when the connection
   * breaks or the service is busy. Problem `timed_out` (action `wait`) when it has not ended in time: it can be waited
   * for again.
   */
  waitForEnd(refreshId: string, options?: WaitOptions): Promise<Refresh>;
  /** Stored accounts, one page. With `ifNoneMatch` (an `etag` of before), `notModified` says that nothing changed. */
  accounts(user: string, member: string, options?: PageOptions): Promise<AccountsPage>;
  accounts(
    user: string,
    member: string,
    options: PageOptions & { readonly ifNoneMatch: string },
  ): Promise<AccountsPage | NotModified>;
  /** All stored accounts, of one and the same moment. */
  allAccounts(user: string, member: string, options?: AccountsOptions): Promise<AllAccounts>;
  /** One stored account. */
  account(user: string, member: string, account: string, options?: CallOptions): Promise<AccountAnswer>;
  /**
   * The amounts of an account, newest first: those of now, then each that others have replaced; pages are fetched as they
   * are needed. Problem `history_off`: the operator keeps none.
   */
  history(
    user: string,
    member: string,
    account: string,
    options?: HistoryOptions,
  ): AsyncGenerator<AccountAmounts, void, undefined>;
  /** The member as the service last saw it. MX is not asked. */
  member(user: string, member: string, options?: CallOptions): Promise<MemberAnswer>;
  /** Whether the member is being refreshed, and what MX asks its user. MX is not asked. */
  status(user: string, member: string, options?: CallOptions): Promise<StatusAnswer>;
  /** The member's refreshes, newest first; pages are fetched as they are needed. */
  refreshes(user: string, member: string, options?: CallOptions): AsyncGenerator<Refresh, void, undefined>;
  readonly schedule: {
    get(user: string, member: string, options?: CallOptions): Promise<MemberSchedule>;
    /**
     * `everyHours`: one of 1, 2, 3, 4, 6, 8, 12, 24, 48, 72, 168; under 24 only where the operator allows it. Replaces what
     * was said before.
     */
    set(user: string, member: string, everyHours: number, options?: ScheduleOptions): Promise<MemberSchedule>;
    remove(user: string, member: string, options?: CallOptions): Promise<void>;
  };
  /**
   * Erasing a person's data, with the right `erase`: begun by a call, done in the background, told by a receipt. Asking again
   * gives the same receipt, so a call whose answer was lost is repeated as it was.
   */
  readonly erase: {
    /** What is stored of the member. Problem `member_not_found`: nothing is. */
    member(user: string, member: string, options?: EraseMemberOptions): Promise<Erasure>;
    /** What is stored of the user, with all members. Problem `user_not_found`: nothing is. */
    user(user: string, options?: EraseUserOptions): Promise<Erasure>;
    /** How far it is: every 90 seconds is often enough. Problem `erasure_not_found`: 36 days after its end no receipt is kept. */
    receipt(erasureId: string, options?: CallOptions): Promise<Erasure>;
  };
  /** How many members wait for a person, by what they wait for; every action, those for which none waits too. */
  attention(options?: CallOptions): Promise<readonly WaitingCount[]>;
  /** Members of all users that wait for this, those first that have waited for longest; pages are fetched as they are needed. */
  waitingMembers(action: AttentionAction, options?: CallOptions): AsyncGenerator<WaitingMember, void, undefined>;
  /**
   * What is learnt of banks: how their refreshes end, how long their jobs take, whether they work; by code, and pages are
   * fetched as they are needed. `onlyOpen`: those that do not work, so that scheduled refreshes of their members wait.
   */
  institutions(options?: InstitutionsOptions): AsyncGenerator<Institution, void, undefined>;
  /** One of them, by MX's code. Problem `institution_not_found`: no refresh of it was counted within 35 days. */
  institution(code: string, options?: CallOptions): Promise<Institution>;
  /** Resolves when the API answers. MX is not asked. */
  health(options?: CallOptions): Promise<{ readonly status: string }>;
}

/** No answer comes later: HTTP APIs end at 30 s (AWS limit). */
const TIMEOUT_SECONDS = 30;
const WAIT_FOR_END_SECONDS = 900;

/**
 * A client of the API.
 *
 * @throws TypeError for options that cannot work.
 * @example
 * ```ts
 * import { createBalancesClient } from 'mx-fresh-balances/client';
 *
 * const client = createBalancesClient({
 *   baseUrl: 'https://abc.execute-api.eu-central-1.amazonaws.com',
 *   credentials: { clientId: 'shop', key: 'the key of this caller' },
 * });
 * const asked = await client.checkBalance('user-1', 'member-1', { maxAge: 300, wait: 10 });
 * if (asked.kind === 'running') await client.waitForEnd(asked.refresh.refreshId);
 * const { accounts, freshness } = await client.allAccounts('user-1', 'member-1');
 * for (const { name, balance } of accounts) console.log(name, balance, freshness.verdict);
 * ```
 */
export function createBalancesClient(options: BalancesClientOptions): BalancesClient {
  const { timeoutSeconds = TIMEOUT_SECONDS, time = platformTime } = options;
  const call = httpCalls({ ...options, timeoutSeconds });

  /** What each call has of its options. */
  const of = ({ signal, correlationId }: CallOptions, headers: Call['headers'] = {}) => ({
    signal,
    headers: { 'x-correlation-id': correlationId, ...headers },
  });

  const get = (path: string, given: CallOptions, { headers, ...more }: Partial<Call> = {}) =>
    call({ method: 'GET', path, ...of(given, headers), ...more });

  // Async, so that an identifier that cannot be one rejects the promise like everything else.
  const refreshAt = async (refreshId: string, callOptions: CallOptions, seconds = timeoutSeconds) => {
    const path = `/refreshes/${checkedIdentifier('refreshId', refreshId)}`;
    const { headers, body } = await get(path, callOptions, { timeoutSeconds: seconds });
    return { refresh: refreshFrom(objectIn(body, 'refresh')), retryAfter: retryAfterSeconds(headers) };
  };

  const eraseAt = async (path: string, given: EraseUserOptions) => {
    const query = { at_mx: given.atMx === undefined ? undefined : String(given.atMx) };
    return receiptIn(await call({ method: 'DELETE', path: `${path}/data`, query, ...of(given) }));
  };

  async function* cursorPages(path: string, given: CallOptions, query: Call['query'] = {}) {
    let cursor: string | undefined;
    do {
      const { body } = await get(path, given, { query: { ...query, cursor } });
      yield objectOf(body);
      cursor = textOrNullIn(objectOf(body), 'next_cursor') ?? undefined;
    } while (cursor !== undefined);
  }

  async function accounts(user: string, member: string, given?: PageOptions): Promise<AccountsPage>;
  async function accounts(
    user: string,
    member: string,
    given: PageOptions & { readonly ifNoneMatch?: string },
  ): Promise<AccountsPage | NotModified>;
  async function accounts(user: string, member: string, given: PageOptions & { readonly ifNoneMatch?: string } = {}) {
    const { page, recordsPerPage, includeUnlisted, ifNoneMatch } = given;
    const query = { page, records_per_page: recordsPerPage, include_unlisted: includeUnlisted ? 'true' : undefined };
    const headers = { 'if-none-match': ifNoneMatch };
    return accountsAnswer(await get(`${memberPath(user, member)}/accounts`, given, { query, headers }));
  }

  return {
    async checkBalance(user, member, given = {}) {
      const { maxAge, wait, userPresent, callbackUrl, idempotencyKey } = given;
      const body = { max_age: maxAge, wait, user_present: userPresent, callback_url: callbackUrl };
      const path = `${memberPath(user, member)}/check_balance`;
      const asked = of(given, { 'idempotency-key': idempotencyKey });
      const patience = timeoutSeconds + (wait ?? 0);
      return triggerAnswer(await call({ method: 'POST', path, ...asked, body, timeoutSeconds: patience }));
    },

    async resume(user, member, answers, given = {}) {
      const path = `${memberPath(user, member)}/resume`;
      const body = { member: { challenges: answers.map(({ guid, value }) => ({ guid, value })) } };
      try {
        return runningAnswer(await call({ method: 'PUT', path, ...of(given), body }));
      } catch (error) {
        throw isUnanswered(error) ? answersUnknown(error) : error;
      }
    },

    refresh: async (refreshId, given = {}) => (await refreshAt(refreshId, given)).refresh,

    waitForEnd: async (refreshId, given = {}) =>
      untilEnded(
        async (seconds) => {
          const look = await refreshAt(refreshId, given, Math.min(seconds, timeoutSeconds));
          given.seen?.(look.refresh);
          return look;
        },
        {
          refreshId,
          timeoutSeconds: given.timeoutSeconds ?? WAIT_FOR_END_SECONDS,
          time,
          signal: given.signal,
        },
      ),

    accounts,

    allAccounts: (user, member, given = {}) =>
      readAllPages((page, recordsPerPage) => accounts(user, member, { ...given, page, recordsPerPage })),

    account: async (user, member, account, given = {}) =>
      accountAnswer(await get(`${memberPath(user, member)}/accounts/${checkedIdentifier('account', account)}`, given)),

    async *history(user, member, account, given = {}) {
      const path = `${memberPath(user, member)}/accounts/${checkedIdentifier('account', account)}/history`;
      const query = { from: given.from?.toISOString(), to: given.to?.toISOString() };
      for await (const body of cursorPages(path, given, query)) yield* listIn(body, 'history').map(amountsFrom);
    },

    member: async (user, member, given = {}) => memberAnswer(await get(memberPath(user, member), given)),

    status: async (user, member, given = {}) => statusAnswer(await get(`${memberPath(user, member)}/status`, given)),

    async *refreshes(user, member, given = {}) {
      for await (const body of cursorPages(`${memberPath(user, member)}/refreshes`, given)) {
        yield* listIn(body, 'refreshes').map(refreshFrom);
      }
    },

    async attention(given = {}) {
      const { body } = await get('/attention', given);
      return listIn(objectOf(body), 'attention').map(waitingCountFrom);
    },

    async *waitingMembers(action, given = {}) {
      for await (const body of cursorPages('/members', given, { action })) {
        yield* listIn(body, 'members').map(waitingMemberFrom);
      }
    },

    async *institutions(given = {}) {
      const query = { breaker: given.onlyOpen ? 'open' : undefined };
      for await (const body of cursorPages('/institution_health', given, query)) {
        yield* listIn(body, 'institutions').map(institutionFrom);
      }
    },

    async institution(code, given = {}) {
      const { body } = await get(`/institution_health/${checkedIdentifier('code', code)}`, given);
      return institutionFrom(objectIn(body, 'institution'));
    },

    schedule: {
      get: async (user, member, given = {}) =>
        scheduleFrom((await get(`${memberPath(user, member)}/schedule`, given)).body),
      async set(user, member, everyHours, given = {}) {
        const path = `${memberPath(user, member)}/schedule`;
        const { quietHours, maxAge } = given;
        const body = {
          every: everyHours,
          quiet_hours: quietHours && { from: quietHours.from, to: quietHours.to },
          time_zone: quietHours?.timeZone,
          max_age: maxAge,
        };
        return scheduleFrom((await call({ method: 'PUT', path, body, ...of(given) })).body);
      },
      async remove(user, member, given = {}) {
        await call({ method: 'DELETE', path: `${memberPath(user, member)}/schedule`, ...of(given) });
      },
    },

    erase: {
      member: async (user, member, given = {}) => eraseAt(memberPath(user, member), given),
      user: async (user, given = {}) => eraseAt(userPath(user), given),
      receipt: async (erasureId, given = {}) =>
        receiptIn(await get(`/erasures/${checkedIdentifier('erasureId', erasureId)}`, given)),
    },

    async health(given = {}) {
      const { body } = await get('/health', given);
      return { status: textIn(objectOf(body), 'status') };
    },
  };
}

/** Whether nothing says what became of the request: no answer, half of one, the gateway's, or one of another server. */
const isUnanswered = (error: unknown): error is BalancesProblem =>
  error instanceof BalancesProblem && ['unreachable', 'timed_out', 'gateway', 'unexpected_answer'].includes(error.code);

/** The service's own name for it: an action of `retry_later` would send the answers again. */
const answersUnknown = (cause: BalancesProblem): BalancesProblem =>
  new BalancesProblem(
    {
      status: cause.status,
      code: 'answers_unknown',
      action: 'wait',
      detail: `it is not known whether MX took the answers: ${cause.detail}`,
    },
    { cause },
  );

const receiptIn = ({ body }: Answer): Erasure => erasureFrom(objectIn(body, 'erasure'));

const userPath = (user: string): string => `/users/${checkedIdentifier('user', user)}`;

const memberPath = (user: string, member: string): string =>
  `${userPath(user)}/members/${checkedIdentifier('member', member)}`;

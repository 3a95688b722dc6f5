/** What the client's methods answer, and how each is read from an answer of the API. */
import { listIn, objectIn, objectOf, textIn } from './answer-fields.ts';
import { isJsonObject, type Json } from './exact-json.ts';
import { type ApiFreshness, freshnessFromBlock, freshnessFromHeaders } from './freshness.ts';
import type { Answer } from './http-calls.ts';
import { type AnsweredAccount, accountOf, type Member, memberOf } from './mx-shapes.ts';
import { retryAfterSeconds, unexpectedAnswer } from './problem.ts';
import {
  type Challenge,
  challengesFrom,
  type Pagination,
  paginationFrom,
  type TriggeredRefresh,
  triggeredRefreshFrom,
} from './refresh.ts';

/** A refresh runs, or has ended meanwhile when `replayed`; its end can be waited for with `waitForEnd`. */
export interface RefreshRunning {
  readonly kind: 'running';
  /** The member as MX told it before the job. */
  readonly member: Member;
  readonly refresh: TriggeredRefresh;
  /** When asking again can show anything new. */
  readonly retryAfterSeconds: number;
  /** The member's bank does not work; null: as far as is known, it does. The refresh was accepted all the same. */
  readonly institutionDegraded: InstitutionDegraded | null;
  /** An earlier request with this idempotency key was answered with this refresh, which is shown as it is now. */
  readonly replayed: boolean;
}

/** Jobs at an institution fail for its bank's reasons. */
export interface InstitutionDegraded {
  readonly since: string;
  /** How the job ended that showed it. */
  readonly code: string;
  /** The same as a sentence. */
  readonly message: string;
}

/** The balances as they are stored now: they were young enough (`maxAge`), or the refresh ended in time (`wait`). */
export interface BalancesAnswered {
  readonly kind: 'balances';
  readonly member: Member;
  /** Null: the stored balances were young enough. Otherwise the one waited for, which may have ended without success. */
  readonly refresh: TriggeredRefresh | null;
  /** Null: this caller may trigger and not read. */
  readonly accounts: readonly AnsweredAccount[] | null;
  readonly freshness: ApiFreshness;
  readonly replayed: boolean;
}

/** Freshness and entity tag of a read. */
export interface ReadFacts {
  readonly freshness: ApiFreshness;
  /** For `ifNoneMatch` of the next read. */
  readonly etag: string;
}

/** The same as in the answer that `ifNoneMatch` names. */
export interface NotModified extends ReadFacts {
  readonly notModified: true;
}

/** Accounts of a member, one page. */
export interface AccountsPage extends ReadFacts {
  readonly notModified: false;
  readonly accounts: readonly AnsweredAccount[];
  readonly pagination: Pagination;
}

/** All accounts of a member. */
export interface AllAccounts {
  readonly accounts: readonly AnsweredAccount[];
  readonly freshness: ApiFreshness;
}

/** One account; the freshness is its own. */
export interface AccountAnswer extends ReadFacts {
  readonly account: AnsweredAccount;
}

/** The member as this service knows it; the freshness is of its balances. */
export interface MemberAnswer extends ReadFacts {
  readonly member: Member;
}

/** The member's status in MX's shape. */
export interface StatusAnswer extends ReadFacts {
  readonly member: Pick<
    Member,
    'guid' | 'aggregated_at' | 'connection_status' | 'is_being_aggregated' | 'successfully_aggregated_at'
  >;
  /** What MX asks the end user; empty unless it waits for an answer. */
  readonly challenges: readonly Challenge[];
}

/** The seconds that a 202 without a readable `Retry-After` means. */
const DEFAULT_RETRY_AFTER_SECONDS = 5;

/** Reads the answer to a trigger. @throws BalancesProblem `unexpected_answer`, as all functions here. */
export function triggerAnswer(answer: Answer): RefreshRunning | BalancesAnswered {
  if (answer.status === 202) return runningAnswer(answer);
  const { body } = answer;
  return {
    kind: 'balances',
    member: memberOf(objectIn(body, 'member')),
    refresh: objectOf(body)['refresh'] === null ? null : triggeredRefreshFrom(body),
    accounts: Object.hasOwn(objectOf(body), 'accounts')
      ? listIn(objectOf(body), 'accounts').map(answeredAccount)
      : null,
    freshness: freshnessFromBlock(body),
    replayed: isReplayed(answer),
  };
}

/** Reads a 202. */
export const runningAnswer = (answer: Answer): RefreshRunning => ({
  kind: 'running',
  member: memberOf(objectIn(answer.body, 'member')),
  refresh: triggeredRefreshFrom(answer.body),
  retryAfterSeconds: retryAfterSeconds(answer.headers) ?? DEFAULT_RETRY_AFTER_SECONDS,
  institutionDegraded: degradedFrom(objectOf(answer.body)['institution_degraded'] ?? null),
  replayed: isReplayed(answer),
});

const degradedFrom = (degraded: Json): InstitutionDegraded | null =>
  isJsonObject(degraded)
    ? { since: textIn(degraded, 'since'), code: textIn(degraded, 'code'), message: textIn(degraded, 'message') }
    : null;

const isReplayed = ({ headers }: Answer): boolean => headers.get('idempotency-replayed') === 'true';

function answeredAccount(value: Json): AnsweredAccount {
  const account = accountOf(value);
  const { listed, fresh_as_of: freshAsOf, stale_reason: reason } = objectOf(value);
  if (typeof listed !== 'boolean') throw unexpectedAnswer(null, 'listed of an account is not true or false');
  if (typeof freshAsOf !== 'string') throw unexpectedAnswer(null, 'fresh_as_of of an account is not a text');
  return { ...account, listed, fresh_as_of: freshAsOf, stale_reason: typeof reason === 'string' ? reason : null };
}

/** Reads a page of accounts. */
export function accountsAnswer(answer: Answer): AccountsPage | NotModified {
  const facts = readFacts(answer);
  if (answer.status === 304) return { notModified: true, ...facts };
  return {
    notModified: false,
    accounts: listIn(objectOf(answer.body), 'accounts').map(answeredAccount),
    pagination: paginationFrom(answer.body),
    ...facts,
  };
}

/** Reads one account. */
export const accountAnswer = (answer: Answer): AccountAnswer => ({
  account: answeredAccount(objectIn(answer.body, 'account')),
  ...readFacts(answer),
});

/** Reads a member. */
export const memberAnswer = (answer: Answer): MemberAnswer => ({
  member: memberOf(objectIn(answer.body, 'member')),
  ...readFacts(answer),
});

/** Reads a member's status. */
export function statusAnswer(answer: Answer): StatusAnswer {
  const { challenges, ...member } = objectIn(answer.body, 'member');
  return { member: memberOf(member), challenges: challengesFrom(challenges ?? []), ...readFacts(answer) };
}

const readFacts = ({ headers }: Answer): ReadFacts => {
  const freshness = freshnessFromHeaders(headers);
  const etag = headers.get('etag');
  if (etag === null) throw unexpectedAnswer(null, 'the answer has no etag header');
  return { freshness, etag };
};

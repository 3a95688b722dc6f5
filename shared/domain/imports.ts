/**
 * Which accounts a job has brought new data for. MX imports account by account, and a job that succeeds may leave some
 * of them as they were: such an account is as old as its own `imported_at`, also when the job succeeded.
 *
 * MX does not say whether a balance job moves `imported_at` (MX facts 10), so it is judged by what is seen, and only
 * MX's times are compared with each other: MX's clock may be some seconds away from ours.
 */
import type { StoredBalance } from './balance.ts';
import { type Instant, readInstant, secondsBetween } from './instant.ts';
import type { MxAccount } from './mx.ts';

/** What the imports of a listed member are judged by. All times are MX's. */
export interface ImportSituation {
  /** The accounts as MX lists them now. */
  readonly accounts: readonly MxAccount[];
  /** The accounts as they are stored; some of them by this very refresh, when its storing was interrupted. */
  readonly stored: readonly StoredBalance[];
  readonly refreshId: string;
  /** `aggregated_at` before the POST. */
  readonly baselineAggregatedAt: Instant | null;
  /** MX's clock when it showed the member before the POST; null: it sent no `Date`. */
  readonly baselineAnsweredAt: Instant | null;
  /** The start of this job at MX: the first `aggregated_at` later than the baseline's. Null: it never moved. */
  readonly jobAggregatedAt: Instant | null;
}

/** Whether an account got new data from the job. `not_judged`: MX's times do not tell. */
export type Import = 'moved' | 'left_behind' | 'not_judged';

/** What the imports say about a job, over the accounts that can be judged. */
export interface Imports {
  /** `not_judged`: none of the accounts can be judged. */
  readonly moved: 'all' | 'some' | 'none' | 'not_judged';
  /** Guids of the open, not manual accounts that did not move. */
  readonly notMoved: ReadonlySet<string>;
}

/**
 * Judges the imports of a member's accounts.
 *
 * 1. The job's start is known: an account moved if its `imported_at` is not before it.
 * 2. `aggregated_at` did not move: an account moved if its `imported_at` is later than the stored one, provided that no
 *    other job came between storing and the baseline. None did when something stored was imported since the baseline's
 *    `aggregated_at`, the start of the last job before ours. Otherwise nothing is judged. A job of another kind or caller
 *    may have left `aggregated_at` as it was too: what MX imported before it showed the baseline is not of our job.
 *
 * What this refresh itself has stored already keeps its verdict, unless it has been imported since.
 *
 * Closed and manual accounts get no data any more and are not judged. Times are compared in whole seconds, because MX
 * sends some with and some without fractions.
 */
export function judgeImports(situation: ImportSituation): Imports {
  const stored = new Map(situation.stored.map((balance) => [balance.accountGuid, balance]));
  const comparable = nothingBetween(situation);
  const judged = situation.accounts
    .filter(isExpected)
    .map((account) => ({
      guid: account.guid,
      is: judge(account, stored.get(account.guid) ?? null, situation, comparable),
    }))
    .filter(({ is }) => is !== 'not_judged');
  const notMoved = new Set(judged.filter(({ is }) => is === 'left_behind').map(({ guid }) => guid));
  if (judged.length === 0) return { moved: 'not_judged', notMoved };
  return { moved: notMoved.size === 0 ? 'all' : notMoved.size === judged.length ? 'none' : 'some', notMoved };
}

/** MX imports nothing for a closed account, nor for one that its user keeps by hand. */
const isExpected = ({ fields }: MxAccount): boolean => fields.is_closed !== true && fields.is_manual !== true;

function judge(
  account: MxAccount,
  stored: StoredBalance | null,
  { jobAggregatedAt, refreshId, baselineAnsweredAt }: ImportSituation,
  comparable: boolean,
): Import {
  const importedAt = readInstant(account.fields.imported_at);
  if (importedAt === null) return 'not_judged';
  if (jobAggregatedAt !== null) return isAsLateAs(importedAt, jobAggregatedAt) ? 'moved' : 'left_behind';
  const storedImport = stored && importOf(stored);
  if (stored === null || storedImport === null) return 'not_judged';
  const isLater = !isAsLateAs(storedImport, importedAt);
  if (stored.refreshId === refreshId) return isLater || stored.staleReason === null ? 'moved' : 'left_behind';
  if (!comparable) return 'not_judged';
  return isLater && !wasImportedBefore(importedAt, baselineAnsweredAt) ? 'moved' : 'left_behind';
}

/** How far the clock of MX's `Date` may be from the one of its `imported_at`: they need not be the same machine's. */
const CLOCKS_APART_SECONDS = 30;

/** Whether MX had imported the account before it showed the baseline. */
const wasImportedBefore = (importedAt: Instant, baselineAnsweredAt: Instant | null): boolean =>
  baselineAnsweredAt !== null && secondsBetween(importedAt, baselineAnsweredAt) > CLOCKS_APART_SECONDS;

/** Whether the last job before ours is the one that the stored accounts are from, or an earlier one. */
const nothingBetween = ({ stored, baselineAggregatedAt, refreshId }: ImportSituation): boolean =>
  baselineAggregatedAt !== null &&
  stored.some((balance) => {
    const importedAt = importOf(balance);
    return balance.refreshId !== refreshId && importedAt !== null && isAsLateAs(importedAt, baselineAggregatedAt);
  });

const importOf = ({ fields }: StoredBalance): Instant | null => readInstant(fields['imported_at']);

/** Whether `a` is not before `b`, in whole seconds. */
const isAsLateAs = (a: Instant, b: Instant): boolean => wholeSecond(a) >= wholeSecond(b);

/** The second that `instant` lies in: instants have 24 characters, and the 19 before the fraction compare as text. */
const wholeSecond = (instant: Instant): string => instant.slice(0, 19);

/**
 * Guids of the accounts that the job has left behind. When none moved, that says something only of a member whose
 * imports are known to move with jobs: where they never do, the job's own proof decides for all accounts.
 */
export const leftBehind = ({ moved, notMoved }: Imports, importsMove: boolean): ReadonlySet<string> =>
  moved === 'some' || importsMove ? notMoved : new Set();

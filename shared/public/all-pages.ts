/** Reading every page of a member's accounts as one list. */
import type { AccountsPage, AllAccounts } from './client-answers.ts';
import { BalancesProblem } from './problem.ts';

/** MX's bound, and the service's. */
const RECORDS_PER_PAGE = 1000;

/** How often a list that changes between its pages is read. More often would be a fault of the service. */
const MAX_READS = 3;

/**
 * All accounts. When a refresh stores between two pages, they are read again, so that no account is missing or from
 * another moment than the freshness says.
 *
 * @throws BalancesProblem `unexpected_answer` when the list changes every time.
 */
export async function readAllPages(
  readPage: (page: number, recordsPerPage: number) => Promise<AccountsPage>,
): Promise<AllAccounts> {
  for (let read = 0; read < MAX_READS; read += 1) {
    const first = await readPage(1, RECORDS_PER_PAGE);
    const accounts = [...first.accounts];
    let same = true;
    for (let page = 2; same && page <= first.pagination.totalPages; page += 1) {
      const next = await readPage(page, RECORDS_PER_PAGE);
      same = sameMoment(first, next);
      accounts.push(...next.accounts);
    }
    if (same) return { accounts, freshness: first.freshness };
  }
  throw new BalancesProblem({
    status: null,
    code: 'unexpected_answer',
    action: 'retry_later',
    detail: `the list of accounts changed while it was read, ${MAX_READS} times`,
  });
}

const sameMoment = (a: AccountsPage, b: AccountsPage): boolean =>
  a.pagination.totalEntries === b.pagination.totalEntries &&
  a.freshness.freshAsOf === b.freshness.freshAsOf &&
  a.freshness.observedAt === b.freshness.observedAt &&
  a.freshness.refreshId === b.freshness.refreshId;

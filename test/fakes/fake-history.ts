/** Former amounts in memory, as `shared/clients/history-table.ts` keeps and expires them. */
import { type FormerAmounts, isNewer } from '../../shared/domain/balance.ts';
import type { HistoryReader, HistoryWriter } from '../../shared/domain/history.ts';
import { type Clock, type Instant, plusSeconds } from '../../shared/domain/instant.ts';
import { textOf } from './members-table.ts';
import { atOnce, type Request } from './request.ts';

/** A row, and when it expires. */
export interface HistoryRow {
  readonly former: FormerAmounts;
  readonly expiresAt: Instant;
}

/** Member, then account guid and the instant since which the amounts were seen. */
export type HistoryTable = Map<string, Map<string, HistoryRow>>;

/** How long rows are kept, and the time. */
export interface HistoryRules {
  readonly days: number;
  readonly now: Clock;
}

const keyOf = ({ accountGuid, amountsSince }: FormerAmounts): string => `${accountGuid}#${amountsSince}`;

/** The history in `table`. */
export const fakeHistory = (
  table: HistoryTable,
  { days, now }: HistoryRules,
  request: Request = atOnce,
): HistoryWriter & HistoryReader => ({
  put: (former) =>
    request('history.put', () => {
      const rows = table.get(textOf(former.member)) ?? new Map<string, HistoryRow>();
      const there = rows.get(keyOf(former));
      if (there !== undefined && isNewer(there.former, former)) return;
      rows.set(keyOf(former), { former, expiresAt: plusSeconds(now(), days * 86_400) });
      table.set(textOf(former.member), rows);
    }),
  before: ({ member, accountGuid }, before, most) =>
    request('history.before', () =>
      [...(table.get(textOf(member))?.values() ?? [])]
        .filter(({ former, expiresAt }) => former.accountGuid === accountGuid && expiresAt > now())
        .map(({ former }) => former)
        .filter(({ amountsSince }) => amountsSince < before)
        .sort((a, b) => (a.amountsSince < b.amountsSince ? 1 : -1))
        .slice(0, most),
    ),
});

/** Refreshes in memory: the same rules as `shared/clients/refreshes-table.ts`. */
import type { RefreshHistory } from '../../shared/clients/refreshes-table.ts';
import { type Clock, type Instant, plusSeconds } from '../../shared/domain/instant.ts';
import type { Refresh } from '../../shared/domain/refresh.ts';
import { textOf } from './members-table.ts';
import { atOnce, type Request } from './request.ts';

/** By refresh id. */
export type RefreshesTable = Map<string, { readonly refresh: Refresh; readonly expiresAt: Instant }>;

const SECONDS_PER_DAY = 86_400;

/** The refreshes in `table`, kept for `retentionDays`. */
export function fakeRefreshes(
  table: RefreshesTable,
  retentionDays: number,
  now: Clock,
  request: Request = atOnce,
): RefreshHistory {
  const alive = (refreshId: string): Refresh | null => {
    const item = table.get(refreshId);
    return item === undefined || item.expiresAt <= now() ? null : item.refresh;
  };

  return {
    put: (refresh) =>
      request('refreshes.put', () => {
        const known = table.get(refresh.refreshId)?.refresh;
        if (known && (refresh.status === 'running' || known.status === 'ended')) return;
        const expiresAt = plusSeconds(refresh.acceptedAt, retentionDays * SECONDS_PER_DAY);
        table.set(refresh.refreshId, { refresh, expiresAt });
      }),

    read: (refreshId) => request('refreshes.read', () => alive(refreshId)),

    ofMember: (key, limit, after) =>
      request('refreshes.ofMember', () => {
        const ids = [...table.values()]
          .filter(({ refresh }) => textOf(refresh.member) === textOf(key))
          .map(({ refresh }) => refresh.refreshId)
          .filter((id) => after === null || id < after)
          .sort()
          .reverse();
        const page = ids.slice(0, limit);
        return {
          refreshes: page.map(alive).filter((refresh) => refresh !== null),
          // As DynamoDB: a page that is full has a next one, which may turn out to be empty.
          next: ids.length >= limit ? (page.at(-1) ?? null) : null,
        };
      }),
  };
}

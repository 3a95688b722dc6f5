/** Refreshes in memory: the same rules as `shared/clients/refreshes-table.ts`. */
import type { RefreshHistory } from '../../shared/clients/refreshes-table.ts';
import { type Clock, type Instant, plusSeconds } from '../../shared/domain/instant.ts';
import type { Challenge, MemberKey } from '../../shared/domain/mx.ts';
import { MAX_JOINED_IDS } from '../../shared/domain/ports.ts';
import { type End, type EndDetails, endOf, type Refresh, type RunningRefresh } from '../../shared/domain/refresh.ts';
import { detailsByCode } from '../../shared/domain/refresh-details.ts';
import { textOf } from './members-table.ts';
import { atOnce, type Request } from './request.ts';

/** The item of a refresh. Replaced and never changed. */
export interface RefreshItem {
  readonly member: MemberKey;
  readonly expiresAt: Instant;
  /** Null: only texts of an end have been written so far. */
  readonly projection: RunningRefresh | null;
  readonly questions: readonly Challenge[];
  readonly joined: readonly string[];
  readonly details: (EndDetails & { readonly endedAt: Instant }) | null;
  /** Null while it runs. */
  readonly end: End | null;
}

type Named = Pick<RunningRefresh, 'refreshId' | 'member' | 'acceptedAt'>;

/** By refresh id. */
export type RefreshesTable = Map<string, RefreshItem>;

const SECONDS_PER_DAY = 86_400;

/** The refresh that an item shows. */
export function refreshIn({ projection: stored, questions, joined, details, end }: RefreshItem): Refresh | null {
  const projection = stored && { ...stored, joinedCorrelationIds: joined };
  if (projection === null || end === null) return projection && { ...projection, challenges: questions };
  const { message, userMessage, challenges } = details?.endedAt === end.endedAt ? details : detailsByCode(end);
  return {
    ...projection,
    status: 'ended',
    challenges,
    progress: null,
    result: { ...end, message, userMessage, challenges },
  };
}

/** The refreshes in `table`, kept for `retentionDays`. */
export function fakeRefreshes(
  table: RefreshesTable,
  retentionDays: number,
  now: Clock,
  request: Request = atOnce,
): RefreshHistory {
  const alive = (refreshId: string): RefreshItem | null => {
    const item = table.get(refreshId);
    return item === undefined || item.expiresAt <= now() ? null : item;
  };
  const shown = (refreshId: string): Refresh | null => {
    const item = alive(refreshId);
    return item && refreshIn(item);
  };

  function update({ refreshId, member, acceptedAt }: Named, change: (item: RefreshItem) => RefreshItem): void {
    const expiresAt = plusSeconds(acceptedAt, retentionDays * SECONDS_PER_DAY);
    const none = { member, expiresAt, projection: null, questions: [], joined: [], details: null, end: null };
    table.set(refreshId, change(table.get(refreshId) ?? none));
  }

  /** Nothing replaces an end. */
  const updateUnended = (refresh: RunningRefresh, change: (item: RefreshItem) => RefreshItem): void =>
    update(refresh, (item) => (item.end === null ? change(item) : item));

  return {
    put: (refresh) =>
      request('refreshes.put', () =>
        update(refresh, (item) => ({
          ...item,
          projection: item.projection ?? { ...refresh, challenges: [], progress: null },
          questions: refresh.challenges.length === 0 ? item.questions : refresh.challenges,
        })),
      ),

    putDetails: (refresh, endedAt, details) =>
      request('refreshes.putDetails', () =>
        updateUnended(refresh, (item) => ({ ...item, details: { ...details, endedAt } })),
      ),

    recordJoined: (refresh, correlationId) =>
      request('refreshes.recordJoined', () =>
        update(refresh, (item) =>
          item.joined.length >= MAX_JOINED_IDS || item.joined.includes(correlationId)
            ? item
            : { ...item, joined: [...item.joined, correlationId] },
        ),
      ),

    end: ({ refresh, end, details }) =>
      request('refreshes.end', () =>
        updateUnended(refresh, (item) => ({
          ...item,
          projection: { ...refresh, challenges: [], progress: null },
          end: endOf(end),
          details: details ? { ...details, endedAt: end.endedAt } : item.details,
        })),
      ),

    read: (refreshId) => request('refreshes.read', () => shown(refreshId)),

    readDetails: (refreshId, endedAt) =>
      request('refreshes.readDetails', () => {
        const { details } = alive(refreshId) ?? {};
        if (details?.endedAt !== endedAt) return null;
        const { message, userMessage, challenges } = details;
        return { message, userMessage, challenges };
      }),

    ofMember: (key, limit, after) =>
      request('refreshes.ofMember', () => {
        const ids = [...table]
          .filter(([, { member }]) => textOf(member) === textOf(key))
          .map(([refreshId]) => refreshId)
          .filter((id) => after === null || id < after)
          .sort()
          .reverse();
        const page = ids.slice(0, limit);
        return {
          refreshes: page
            .map(shown)
            .filter((refresh) => refresh !== null)
            // The index has no questions of refreshes that run.
            .map((refresh) => (refresh.status === 'running' ? { ...refresh, challenges: [] } : refresh)),
          // As DynamoDB: a page that is full has a next one, which may turn out to be empty.
          next: ids.length >= limit ? (page.at(-1) ?? null) : null,
        };
      }),
  };
}

/** The query of an account's history, and the cursor that goes on with it. */
import { Failure } from '../domain/failure.ts';
import { epochMillisecondsOf, type Instant, instantOf, readInstant } from '../domain/instant.ts';
import type { HistoryQuery } from '../domain/read-history.ts';
import { fingerprintOf } from '../domain/stable-id.ts';
import type { ApiRequest } from './http.ts';

/** Amounts on a page without `limit`, and the most. */
export const DEFAULT_AMOUNTS = 25;
/** See `DEFAULT_AMOUNTS`. */
export const MAX_AMOUNTS = 100;

/** What a cursor looks like. */
export const HISTORY_CURSOR = '^[0-9]{1,13}\\.[0-9A-Z]{10}$';

/** What was asked for, and the account that it was asked of. */
export type AskedHistory = HistoryQuery & { readonly cursor: string | null };

/** @throws Failure `invalid_request` that names the parameter. */
export function readHistoryQuery({ query }: Pick<ApiRequest, 'query'>): AskedHistory {
  const [from, to] = [instantIn(query, 'from'), instantIn(query, 'to')];
  if (from !== null && to !== null && from > to) throw refused('from', 'must not be later than to');
  const { limit = String(DEFAULT_AMOUNTS), cursor = null } = query;
  if (!/^\d{1,3}$/.test(limit) || Number(limit) < 1 || Number(limit) > MAX_AMOUNTS) {
    throw refused('limit', `must be a whole number from 1 to ${MAX_AMOUNTS}`);
  }
  if (cursor !== null && !new RegExp(HISTORY_CURSOR).test(cursor)) throw wrongCursor();
  return { from, to, before: null, limit: Number(limit), cursor };
}

/**
 * The query of the page that the cursor leads to.
 *
 * @throws Failure `invalid_request` for a cursor of another account or other instants: its page would leave amounts out.
 */
export function atCursor({ cursor, ...query }: AskedHistory, accountGuid: string): HistoryQuery {
  if (cursor === null) return query;
  const before = instantOf(Number(cursor.split('.')[0]));
  if (cursorOf(before, query, accountGuid) !== cursor) throw wrongCursor();
  return { ...query, before };
}

/** The cursor of the page that goes on before `next`. */
export const cursorOf = (next: Instant, { from, to }: Pick<HistoryQuery, 'from' | 'to'>, accountGuid: string): string =>
  `${epochMillisecondsOf(next)}.${fingerprintOf(accountGuid, from, to)}`;

function instantIn(query: ApiRequest['query'], field: 'from' | 'to'): Instant | null {
  const text = query[field];
  if (text === undefined) return null;
  const instant = readInstant(text);
  // In a query + is a space, which offsets are often sent with.
  if (instant === null)
    throw refused(field, 'must be a time such as 2026-01-31T00:00:00Z (in a query, + is written %2B)');
  return instant;
}

const refused = (field: string, rule: string): Failure => new Failure('invalid_request', `${field} ${rule}`, { field });

const wrongCursor = (): Failure =>
  refused('cursor', 'must be the next_cursor of the page before, with the same account, from and to');

/** MX's pagination, as MX does it (MX facts 2.4): `page`, `records_per_page`, its bounds and its silent fallback. */
import { Failure } from '../domain/failure.ts';

/** A page, asked for. */
export interface PageQuery {
  readonly page: number;
  readonly recordsPerPage: number;
}

const DEFAULT_RECORDS = 25;
/** MX's bounds of `records_per_page`. */
export const MIN_RECORDS = 10;
/** See `MIN_RECORDS`. */
export const MAX_RECORDS = 1000;

/**
 * Reads the query. `records_per_page` outside 10 to 1000 silently becomes 25, as at MX.
 *
 * @throws Failure `invalid_request` for what is not a positive whole number.
 */
export function readPageQuery(query: Readonly<Record<string, string | undefined>>): PageQuery {
  const records = positive(query, 'records_per_page') ?? DEFAULT_RECORDS;
  return {
    page: positive(query, 'page') ?? 1,
    recordsPerPage: records >= MIN_RECORDS && records <= MAX_RECORDS ? records : DEFAULT_RECORDS,
  };
}

function positive(query: Readonly<Record<string, string | undefined>>, field: string): number | undefined {
  const text = query[field];
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new Failure('invalid_request', `${field} must be a whole number from 1`, { field });
  }
  return Number(text);
}

/** Filters that MX's lists have and this service's do not (MX facts 2.4, 2.6, 2.7). */
export const MX_FILTERS = ['is_manual', 'member_is_managed_by_user', 'use_case'] as const;

/** @throws Failure `invalid_request` for a filter of MX's: without it the list would be another than was asked for. */
export function refuseFilters(query: Readonly<Record<string, string | undefined>>): void {
  const field = MX_FILTERS.find((name) => query[name] !== undefined);
  if (field === undefined) return;
  throw new Failure('invalid_request', `${field} filters lists at MX, not here: leave it out, or ask MX itself`, {
    field,
  });
}

/** Reads a flag of the query; absent is false. @throws Failure `invalid_request` for what is neither `true` nor `false`. */
export function readFlag(query: Readonly<Record<string, string | undefined>>, field: string): boolean {
  const text = query[field] ?? 'false';
  if (text !== 'true' && text !== 'false') {
    throw new Failure('invalid_request', `${field} must be true or false`, { field });
  }
  return text === 'true';
}

/** One page of `all`, and MX's `pagination` object. A page past the end is empty. */
export function pageOf<T>(all: readonly T[], { page, recordsPerPage }: PageQuery) {
  const from = (page - 1) * recordsPerPage;
  return {
    items: all.slice(from, from + recordsPerPage),
    pagination: {
      current_page: page,
      per_page: recordsPerPage,
      total_entries: all.length,
      total_pages: Math.max(1, Math.ceil(all.length / recordsPerPage)),
    },
  };
}

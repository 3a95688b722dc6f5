import type { Random } from './random.ts';

/** One page of a list, and what MX says about the whole of it (MX facts 4.4). */
export interface Page<T> {
  entries: T[];
  pagination: { current_page: number; per_page: number; total_entries: number; total_pages: number };
}

/**
 * The page that a query asks for. MX facts 2.4: 25 entries unless `records_per_page` says 10 to 1000; above 1000 MX
 * takes 25 without an error. MX documents nothing for less than 10 and for text that is no number; here also 25. A page
 * past the end is empty.
 */
export function pageOf<T>(all: readonly T[], query: URLSearchParams): Page<T> {
  const asked = Number(query.get('records_per_page') ?? 25);
  const perPage = Number.isInteger(asked) && asked >= 10 && asked <= 1000 ? asked : 25;
  const current = pageNumber(query);
  const start = (current - 1) * perPage;
  return {
    entries: all.slice(start, start + perPage),
    pagination: {
      current_page: current,
      per_page: perPage,
      total_entries: all.length,
      total_pages: Math.max(1, Math.ceil(all.length / perPage)),
    },
  };
}

/** The page asked for; 1 when the query names none, or no whole number from 1 on. */
export function pageNumber(query: URLSearchParams): number {
  const asked = Number(query.get('page') ?? 1);
  return Number.isInteger(asked) && asked >= 1 ? asked : 1;
}

/** A shuffled copy. */
export function shuffled<T>(list: readonly T[], random: Random): T[] {
  const copy = [...list];
  for (let last = copy.length - 1; last > 0; last--) {
    const other = random.integer(last + 1);
    const [a, b] = [copy[last], copy[other]];
    if (a !== undefined && b !== undefined) {
      copy[last] = b;
      copy[other] = a;
    }
  }
  return copy;
}

/**
 * What a later page is cut from when the list changed after the first page was read: `grows` and `duplicates` have one
 * more entry in front, so that the page begins with the last entry of the page before; `shrinks` has lost its first,
 * so that one entry is on no page.
 */
export function changedBetweenPages<T>(
  list: readonly T[],
  change: 'none' | 'grows' | 'shrinks' | 'duplicates',
  page: number,
): readonly T[] {
  const [first] = list;
  if (page < 2 || change === 'none' || first === undefined) return list;
  return change === 'shrinks' ? list.slice(1) : [first, ...list];
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../shared/domain/failure.ts';
import { pageOf, readPageQuery, refuseFilters } from '../../../shared/lambda/mx-pagination.ts';
import { seeded } from '../domain/number-texts.ts';

describe('the query of a page (MX facts 2.4)', () => {
  it('is page 1 with 25 records by default', () => {
    expect(readPageQuery({})).toEqual({ page: 1, recordsPerPage: 25 });
  });

  it.each([
    ['10', 10],
    ['1000', 1000],
    ['9', 25],
    ['1', 25],
    ['1001', 25],
    ['999999999', 25],
  ])('with records_per_page=%s has %i records, as at MX', (records, expected) => {
    expect(readPageQuery({ page: '3', records_per_page: records })).toEqual({ page: 3, recordsPerPage: expected });
  });

  it.each(['0', '-1', '1.5', '', ' 1', 'x', '1e2', '01', '9999999999'])('is refused with the value %j', (value) => {
    for (const field of ['page', 'records_per_page']) {
      try {
        readPageQuery({ [field]: value });
        expect.unreachable();
      } catch (error) {
        expect(error).toBeInstanceOf(Failure);
        expect(error).toMatchObject({ code: 'invalid_request', fate: 'caller-fault', details: { field } });
      }
    }
  });
});

it.each(['is_manual', 'member_is_managed_by_user', 'use_case'])(
  'MX’s filter %s is refused by name, with any value',
  (field) => {
    expect(() => refuseFilters({ page: '1', include_unlisted: 'true' })).not.toThrow();
    for (const value of ['true', 'false', '']) {
      expect(() => refuseFilters({ [field]: value })).toThrow(
        expect.objectContaining({ code: 'invalid_request', details: { field } }),
      );
    }
  },
);

describe('the pages of a list', () => {
  it('hold everything once, in order, with the total', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), fc.integer({ min: 1, max: 30 }), (all, recordsPerPage) => {
        const { total_pages } = pageOf(all, { page: 1, recordsPerPage }).pagination;
        const pages = Array.from({ length: total_pages }, (_, index) =>
          pageOf(all, { page: index + 1, recordsPerPage }),
        );
        expect(pages.flatMap(({ items }) => items)).toEqual(all);
        expect(pages.every(({ pagination }) => pagination.total_entries === all.length)).toBe(true);
        expect(pageOf(all, { page: total_pages + 1, recordsPerPage }).items).toEqual([]);
      }),
      seeded,
    );
  });

  it('are one empty page for an empty list', () => {
    expect(pageOf([], { page: 1, recordsPerPage: 25 })).toEqual({
      items: [],
      pagination: { current_page: 1, per_page: 25, total_entries: 0, total_pages: 1 },
    });
  });
});

/** What is learnt of institutions, in memory: the same counters, with nothing remembered. */
import type { CountedEnd, Institutions } from '../../shared/domain/institutions-ports.ts';
import { BINS, learnedLengths } from '../../shared/domain/job-lengths.ts';
import { atOnce, type Request } from './request.ts';

/** Every end that was counted, by institution. */
export type InstitutionsTable = Map<string, CountedEnd[]>;

/** What is learnt, in `table`. */
export const fakeInstitutions = (table: InstitutionsTable, request: Request = atOnce): Institutions => ({
  async lengths(code) {
    if (code === null) return learnedLengths([]);
    try {
      return await request('institutions.lengths', () =>
        learnedLengths(
          (table.get(code) ?? []).map(({ sample, endedAt }) => ({
            period: endedAt.slice(0, 10),
            bins: Array.from({ length: BINS }, (_, bin) => Number('bin' in sample && sample.bin === bin)),
            tooWide: Number('dropped' in sample && sample.dropped === 'too_wide'),
          })),
        ),
      );
    } catch {
      return learnedLengths([]);
    }
  },
  count: (code, ended) =>
    request('institutions.count', () => void table.set(code, [...(table.get(code) ?? []), ended])),
});

/** Nothing is learnt, and looks come at the times of the settings. */
export const blindInstitutions: Institutions = { lengths: async () => null, count: async () => {} };

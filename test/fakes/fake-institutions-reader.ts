/** Reading what is kept of institutions, in memory. Nothing expires. */
import type { DayCounts, InstitutionsReader } from '../../shared/domain/institutions-ports.ts';
import { BINS } from '../../shared/domain/job-lengths.ts';
import type { BreakersTable } from './fake-breakers.ts';
import type { InstitutionsTable } from './fake-institutions.ts';

/** What is kept in `counted` and `breakers`. */
export const fakeInstitutionsReader = (counted: InstitutionsTable, breakers: BreakersTable): InstitutionsReader => {
  const listed = (code: string) => {
    const last = (counted.get(code) ?? []).at(-1);
    return last === undefined ? null : { code, countedOn: last.endedAt.slice(0, 10) };
  };
  return {
    async page(limit, after) {
      const codes = [...counted.keys()].toSorted().filter((code) => after === null || code > after);
      const institutions = codes.slice(0, limit).flatMap((code) => listed(code) ?? []);
      return { institutions, next: codes.length < limit ? null : (institutions.at(-1)?.code ?? null) };
    },
    listed: async (code) => listed(code),
    counts: async (code, fromDay) =>
      (counted.get(code) ?? [])
        .map(
          ({ outcome, sample, endedAt }): DayCounts => ({
            day: endedAt.slice(0, 10),
            outcomes: { [outcome]: 1 },
            bins: Array.from({ length: BINS }, (_, bin) => Number('bin' in sample && sample.bin === bin)),
            dropped: 'dropped' in sample ? { [sample.dropped]: 1 } : {},
          }),
        )
        .filter(({ day }) => day >= fromDay),
    troubles: async () => new Map([...breakers].map(([code, { breaker, checks }]) => [code, { breaker, checks }])),
    async trouble(code) {
      const found = breakers.get(code);
      return found === undefined ? null : { breaker: found.breaker, checks: found.checks };
    },
  };
};

/** The breakers of institutions, in memory, with nothing remembered. */
import type { Breakers, StoredTrouble } from '../../shared/domain/institutions-ports.ts';
import { noTrouble } from '../../shared/domain/trouble.ts';
import type { InstitutionsTable } from './fake-institutions.ts';
import { atOnce, type Request, recognised } from './request.ts';

/** By institution. */
export type BreakersTable = Map<string, StoredTrouble>;

/** The breakers in `table`; ends that show an answer are in `institutions`. */
export const fakeBreakers = (
  table: BreakersTable,
  institutions: InstitutionsTable,
  request: Request = atOnce,
): Breakers => ({
  async open() {
    try {
      return await request(
        'breakers.open',
        () =>
          new Map([...table].flatMap(([code, { breaker }]) => (breaker.open === null ? [] : [[code, breaker.open]]))),
      );
    } catch {
      return new Map();
    }
  },
  async notSupported() {
    try {
      return await request(
        'breakers.notSupported',
        () =>
          new Map(
            [...table].flatMap(([code, { checks }]) =>
              checks.notSupported === null ? [] : [[code, checks.notSupported]],
            ),
          ),
      );
    } catch {
      return new Map();
    }
  },
  read: (code) => request('breakers.read', () => table.get(code) ?? { ...noTrouble, version: 0 }),
  write: (code, { breaker, checks }, version) =>
    request(
      'breakers.write',
      recognised(
        () => table.get(code),
        () => {
          if ((table.get(code)?.version ?? 0) !== version) return false;
          table.set(code, { breaker, checks, version: version + 1 });
          return true;
        },
      ),
    ),
  lastAnswerAt: (code) =>
    request('breakers.lastAnswerAt', () => {
      const ends = (institutions.get(code) ?? []).flatMap(({ isAnswer, endedAt }) => (isAnswer ? [endedAt] : []));
      return ends.toSorted().at(-1) ?? null;
    }),
  untold: () =>
    request('breakers.untold', () =>
      [...table].flatMap(([code, { breaker }]) => (breaker.untold.length === 0 ? [] : [code])),
    ),
});

/** Institutions as callers and operators read them: a page of all, those whose bank does not work, or one. */
import { Failure } from './failure.ts';
import { inGroups } from './in-groups.ts';
import type { Clock } from './instant.ts';
import { type ShownInstitution, shownInstitution, type ViewRules, weekBegan } from './institution-view.ts';
import type { InstitutionsReader, ListedPage } from './institutions-ports.ts';

/** What reading needs. */
export interface ReadInstitutionsDeps {
  readonly institutions: InstitutionsReader;
  readonly viewRules: ViewRules;
  readonly now: Clock;
}

/** Which institutions. */
export interface InstitutionsQuery {
  /** At most so many are shown. */
  readonly limit: number;
  /** Behind this code; null: from the first. */
  readonly after: string | null;
  /** Only those whose breaker is open. */
  readonly onlyOpen: boolean;
}

/** A page of institutions. */
export interface ShownPage {
  /** By code. */
  readonly institutions: readonly ShownInstitution[];
  /** The code behind which the next page begins; null: this was the last. */
  readonly next: string | null;
}

/** How many are read at the same time. */
const AT_ONCE = 10;

/** A page of institutions. One with trouble is found even if nothing was counted of it. */
export async function listInstitutions(deps: ReadInstitutionsDeps, query: InstitutionsQuery): Promise<ShownPage> {
  const { limit, after, onlyOpen } = query;
  const { institutions, viewRules, now } = deps;
  const present = now();
  const nothing: ListedPage = { institutions: [], next: null };
  const [page, troubles] = await Promise.all([
    onlyOpen ? nothing : institutions.page(limit, after),
    institutions.troubles(),
  ]);
  const troubled = [...troubles].flatMap(([code, { breaker, checks }]) =>
    breaker.open !== null || (checks.notSupported !== null && !onlyOpen) ? [code] : [],
  );
  const heeded = viewRules.breaker ? troubled.filter((code) => after === null || code > after) : [];
  // Behind the last one that was read there may be others of the directory.
  const within = heeded.filter((code) => page.next === null || code <= page.next);
  const codes = [...new Set([...page.institutions.map(({ code }) => code), ...within])].toSorted();
  const shown = codes.slice(0, limit);
  const listed = new Map(page.institutions.map((one) => [one.code, one]));
  return {
    institutions: await inGroups(shown, AT_ONCE, async (code) => {
      const row = listed.get(code) ?? (onlyOpen ? await institutions.listed(code) : null);
      const counts = await institutions.counts(code, weekBegan(present));
      const known = { code, countedOn: row?.countedOn, counts, trouble: troubles.get(code) };
      return shownInstitution(known, present, viewRules);
    }),
    next: codes.length > limit ? (shown.at(-1) ?? null) : page.next,
  };
}

/** @throws Failure `institution_not_found` when nothing is kept of it. */
export async function readInstitution(deps: ReadInstitutionsDeps, code: string): Promise<ShownInstitution> {
  const { institutions, viewRules, now } = deps;
  const present = now();
  const [listed, counts, trouble] = await Promise.all([
    institutions.listed(code),
    institutions.counts(code, weekBegan(present)),
    institutions.trouble(code),
  ]);
  const known = { code, countedOn: listed?.countedOn, counts, trouble };
  const shown = shownInstitution(known, present, viewRules);
  if (shown.lastCountedOn !== null || shown.breaker?.state === 'open' || shown.notSupported !== null) return shown;
  throw new Failure('institution_not_found', 'no refresh of this institution was counted within 35 days');
}

import { describe, expect, it } from 'vitest';
import { type Breaker, breakerRules, closedBreaker } from '../../../shared/domain/breaker.ts';
import type { InstitutionsReader } from '../../../shared/domain/institutions-ports.ts';
import { supported } from '../../../shared/domain/not-supported.ts';
import { type InstitutionsQuery, listInstitutions, readInstitution } from '../../../shared/domain/read-institutions.ts';
import { noTrouble } from '../../../shared/domain/trouble.ts';
import type { BreakersTable } from '../../fakes/fake-breakers.ts';
import type { InstitutionsTable } from '../../fakes/fake-institutions.ts';
import { fakeInstitutionsReader } from '../../fakes/fake-institutions-reader.ts';
import { T0 } from '../../samples.ts';

const open: Breaker = { ...closedBreaker, open: { since: T0, code: 'failed' }, changedAt: T0 };

/** Institutions of which one refresh was counted today, and breakers. */
function world(counted: readonly string[], breakers: Readonly<Record<string, Breaker>> = {}, heeded = true) {
  const table: InstitutionsTable = new Map(
    counted.map((code) => [code, [{ outcome: 'succeeded', sample: { bin: 3 }, isAnswer: true, endedAt: T0 }]]),
  );
  const stored: BreakersTable = new Map(
    Object.entries(breakers).map(([code, breaker]) => [code, { ...noTrouble, breaker, version: 1 }]),
  );
  const institutions = fakeInstitutionsReader(table, stored);
  const viewRules = { breaker: heeded, deadlineSeconds: 600, breakerRules };
  const deps = { institutions, viewRules, now: () => T0 };
  const list = async (given: Partial<InstitutionsQuery> = {}, reader: InstitutionsReader = institutions) => {
    const query = { limit: 10, after: null, onlyOpen: false, ...given };
    const { institutions: shown, next } = await listInstitutions({ ...deps, institutions: reader }, query);
    return [...shown.map(({ code }) => code), next];
  };
  return { deps, institutions, table, stored, list };
}

describe('a list of institutions', () => {
  it('is by code, page by page', async () => {
    const { list } = world(['b', 'd', 'a', 'c', 'e']);
    expect(await list()).toEqual(['a', 'b', 'c', 'd', 'e', null]);
    expect(await list({ limit: 2 })).toEqual(['a', 'b', 'b']);
    expect(await list({ limit: 2, after: 'b' })).toEqual(['c', 'd', 'd']);
    expect(await list({ limit: 2, after: 'd' })).toEqual(['e', null]);
  });

  it('has what was counted of each', async () => {
    const { deps } = world(['a', 'b'], { b: open });
    const { institutions } = await listInstitutions(deps, { limit: 10, after: null, onlyOpen: false });
    expect(institutions).toMatchObject([
      { code: 'a', lastCountedOn: '2026-11-21', today: { refreshes: 1 }, breaker: { state: 'closed' } },
      { code: 'b', lastCountedOn: '2026-11-21', today: { refreshes: 1 }, breaker: { state: 'open', since: T0 } },
    ]);
  });

  it('says when one was last met, weeks ago', async () => {
    const { deps, table } = world([], { old: open, never: open });
    const endedAt = '2026-11-01T12:00:00.000Z';
    table.set('old', [{ outcome: 'succeeded', sample: { bin: 3 }, isAnswer: true, endedAt }]);
    for (const onlyOpen of [false, true]) {
      const { institutions } = await listInstitutions(deps, { limit: 10, after: null, onlyOpen });
      expect(institutions).toMatchObject([
        { code: 'never', lastCountedOn: null },
        { code: 'old', lastCountedOn: '2026-11-01', week: { refreshes: 0 } },
      ]);
    }
  });

  it('says when one missing in the directory was met', async () => {
    const { deps, institutions } = world(['b'], { b: open });
    const counts = await institutions.counts('b', '2026-11-15');
    const reader: InstitutionsReader = { ...institutions, page: async () => ({ institutions: [], next: null }) };
    const listed = { ...reader, listed: async () => null, counts: async () => counts };
    const query = { limit: 10, after: null, onlyOpen: false };
    const { institutions: shown } = await listInstitutions({ ...deps, institutions: listed }, query);
    expect(shown).toMatchObject([{ code: 'b', lastCountedOn: '2026-11-21' }]);
    expect(await readInstitution({ ...deps, institutions: listed }, 'b')).toMatchObject({
      lastCountedOn: '2026-11-21',
    });
  });

  it('that fills its last page has no next one', async () => {
    expect(await world(['b'], { z: open }).list({ limit: 2 })).toEqual(['b', 'z', null]);
  });

  it.each([
    [1, ['a', 'a']],
    [3, ['a', 'b', 'c', 'c']],
  ])('of %i goes on behind its last one', async (limit, page) => {
    expect(await world(['a', 'b', 'c', 'd']).list({ limit })).toEqual(page);
  });

  it('has open breakers without counts, in their place', async () => {
    const breakers = { a: open, c: open, c2: closedBreaker, z: open };
    const { list } = world(['b', 'c', 'd'], breakers);
    expect(await list()).toEqual(['a', 'b', 'c', 'd', 'z', null]);
    const pages: unknown[] = [];
    for (let after: string | null = null, at = 0; at < 9; at += 1) {
      const page = await list({ limit: 2, after });
      pages.push(page);
      after = page.at(-1) ?? null;
      if (after === null) break;
    }
    expect(pages).toEqual([
      ['a', 'b', 'b'],
      ['c', 'd', 'd'],
      ['z', null],
    ]);
  });

  it('goes no further than the directory was read', async () => {
    const { list, institutions } = world(['b', 'd'], { a: open, c: open, e: open });
    // As where the items behind b have expired: the page is shorter than it may be.
    const page: InstitutionsReader['page'] = async (limit, after) => {
      const { institutions: found } = await institutions.page(limit, after);
      return after === null ? { institutions: found.slice(0, 1), next: 'c' } : { institutions: found, next: null };
    };
    expect(await list({ limit: 4 }, { ...institutions, page })).toEqual(['a', 'b', 'c', 'c']);
    expect(await list({ limit: 4, after: 'c' }, { ...institutions, page })).toEqual(['d', 'e', null]);
  });

  it('may be of open breakers alone', async () => {
    const { deps, list } = world(['a', 'b', 'c'], { b: open, c: closedBreaker, d: open, e: open });
    expect(await list({ onlyOpen: true })).toEqual(['b', 'd', 'e', null]);
    expect(await list({ onlyOpen: true, limit: 2 })).toEqual(['b', 'd', 'd']);
    expect(await list({ onlyOpen: true, limit: 2, after: 'd' })).toEqual(['e', null]);
    const { institutions } = await listInstitutions(deps, { limit: 1, after: null, onlyOpen: true });
    expect(institutions).toMatchObject([{ code: 'b', lastCountedOn: '2026-11-21', today: { refreshes: 1 } }]);
  });

  it('has no breakers where none is heeded', async () => {
    const { list } = world(['b'], { a: open, b: open }, false);
    expect(await list()).toEqual(['b', null]);
    expect(await list({ onlyOpen: true })).toEqual([null]);
  });
});

describe('one institution', () => {
  const notFound = { code: 'institution_not_found' };

  it('without balance checks is listed, and shown', async () => {
    const notSupported = { since: T0, code: 'mx_refused' as const, until: T0, askedAt: null };
    const { deps, list, stored } = world(['a']);
    stored.set('b', { ...noTrouble, checks: { ...supported, notSupported }, version: 1 });
    expect(await list()).toEqual(['a', 'b', null]);
    expect(await list({ onlyOpen: true })).toEqual([null]);
    expect(await readInstitution(deps, 'b')).toMatchObject({ code: 'b', notSupported: { since: T0 } });
  });

  it('is shown when it was counted or is open', async () => {
    const { deps } = world(['a'], { b: open, c: closedBreaker });
    expect(await readInstitution(deps, 'a')).toMatchObject({ code: 'a', today: { refreshes: 1 } });
    expect(await readInstitution(deps, 'b')).toMatchObject({
      code: 'b',
      lastCountedOn: null,
      breaker: { state: 'open' },
    });
    await expect(readInstitution(deps, 'c')).rejects.toMatchObject(notFound);
    await expect(readInstitution(deps, 'd')).rejects.toMatchObject(notFound);
  });

  it('open is unknown where no breaker is heeded', async () => {
    const { deps } = world([], { b: open }, false);
    await expect(readInstitution(deps, 'b')).rejects.toMatchObject(notFound);
  });

  it('counted weeks ago is empty, not unknown', async () => {
    const { deps, table } = world([]);
    const endedAt = '2026-11-01T12:00:00.000Z';
    table.set('old', [{ outcome: 'succeeded', sample: { bin: 3 }, isAnswer: true, endedAt }]);
    expect(await readInstitution(deps, 'old')).toMatchObject({ lastCountedOn: '2026-11-01', week: { refreshes: 0 } });
  });
});

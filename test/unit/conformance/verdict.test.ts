import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { differences } from '../../conformance/differences.ts';
import { verdictOf } from '../../conformance/verdict.ts';

const agrees = { name: 'a', difference: null };
const differs = { name: 'b', difference: 'expected 1 to be 2' };
const listed = { case: 'b', why: 'it counts otherwise' };

describe('the verdict of a conformance run', () => {
  it('is good when all agree', () => {
    expect(verdictOf([agrees], [])).toEqual({
      lines: ['1 cases: 1 agree, 0 differ as known, 0 differ'],
      isAsKnown: true,
    });
  });

  it('names a new difference', () => {
    expect(verdictOf([agrees, differs], [])).toEqual({
      lines: ['DIFFERS    b: expected 1 to be 2', '2 cases: 1 agree, 0 differ as known, 1 differ'],
      isAsKnown: false,
    });
  });

  it('is good with a difference that is listed', () => {
    expect(verdictOf([agrees, differs], [listed])).toEqual({
      lines: ['known      b: it counts otherwise', '2 cases: 1 agree, 1 differ as known, 0 differ'],
      isAsKnown: true,
    });
  });

  it('names a listed difference that is none any more', () => {
    expect(verdictOf([{ name: 'b', difference: null }], [listed])).toEqual({
      lines: ['NO LONGER  b: passed, so take it from the list', '1 cases: 1 agree, 0 differ as known, 0 differ'],
      isAsKnown: false,
    });
  });

  it('takes a race that is listed either way', () => {
    expect(verdictOf([{ name: 'b', difference: null }], [{ ...listed, isRace: true }]).isAsKnown).toBe(true);
    expect(verdictOf([differs], [{ ...listed, isRace: true }]).isAsKnown).toBe(true);
  });

  it('says nothing of a listed case that was left out', () => {
    expect(verdictOf([agrees], [listed]).isAsKnown).toBe(true);
  });

  it('is bad when nothing was run', () => {
    expect(verdictOf([], []).isAsKnown).toBe(false);
  });
});

it('docs/conformance.md lists the known differences', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/conformance.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([^`]+)` \| `([^`]+)` \| (.+) \|$/gm)].map(([, engine, name, why]) => [
    engine,
    name,
    why,
  ]);
  const known = Object.entries(differences).flatMap(([engine, list]) =>
    list.map(({ case: name, why, isRace }) => [engine, name, isRace ? `${why} (in some runs)` : why]),
  );
  expect(rows).toEqual(known);
});

/** The mutation tool itself: mutants of which it is known whether they survive, are killed or never end. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { Verdict } from '../mutants/mutant.ts';
import { runMutants } from '../mutants/run.ts';

const file = 'test/mutants/fixtures/code/limits.ts';
let verdicts: readonly Verdict[];

beforeAll(async () => {
  verdicts = await runMutants({
    root: join(import.meta.dirname, '../..'),
    files: [file],
    stages: [
      { name: 'fixtures', tests: ['test/mutants/fixtures/tests/limits.test.ts'], timeout: 1_000, covers: () => true },
    ],
    env: {},
    workers: 1,
    cache: join(mkdtempSync(join(tmpdir(), 'mutants-test-')), 'cache.json'),
    fresh: true,
    progress: () => {},
  });
});

it.each([
  ['count <= LIMIT', 'count < LIMIT', 'survived'],
  ['count <= LIMIT', 'count > LIMIT', 'killed'],
  // While the file is loaded.
  ['3', '4', 'survived'],
  ['left > 0', 'left >= 0', 'killed'],
  ['left > 0', 'left <= 0', 'killed'],
  ['left -= 1', 'left += 1', 'timeout'],
  ['turns += 1', 'turns -= 1', 'killed'],
  ['turns += 1;', '', 'killed'],
  [
    'for (let left = count; left > 0; left -= 1) turns += 1;',
    'for (let left = count; left > 0; left -= 1) … once',
    'killed',
  ],
  ['await other()', 'other()', 'killed'],
  ['await other();', '', 'killed'],
  ["'settled'", "''", 'killed'],
  ['7', '8', 'not covered'],
])('%s → %s: %s', (before, after, status) => {
  const found = verdicts.filter(({ mutant }) => mutant.before === before && mutant.after === after);
  expect(found.map((verdict) => verdict.status)).toEqual([status]);
});

it('says which test has noticed it', () => {
  const { by } = verdicts.find(({ status }) => status === 'killed') ?? {};
  expect(by).toBe('test/mutants/fixtures/tests/limits.test.ts');
});

/** The mutation tool itself: mutants of which it is known whether they survive, are killed or never end. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Verdict } from '../mutants/mutant.ts';
import { runMutants } from '../mutants/run.ts';

const file = 'test/mutants/fixtures/code/limits.ts';
const folder = mkdtempSync(join(tmpdir(), 'mutants-test-'));
const cache = join(folder, 'cache.json');
let verdicts: readonly Verdict[];

const run = (progress: (line: string) => void = () => {}, keepsSurvivors = true): Promise<readonly Verdict[]> =>
  runMutants({
    root: join(import.meta.dirname, '../..'),
    files: [file],
    stages: [
      {
        name: 'fixtures',
        // What the first two seem to kill is left to the third one.
        tests: ['once', 'broken', 'limits'].map((name) => `test/mutants/fixtures/tests/${name}.test.ts`),
        timeout: 1_000,
        covers: () => true,
      },
    ],
    env: {},
    workers: 1,
    cache,
    fresh: false,
    keepsSurvivors,
    progress,
  });

beforeAll(async () => {
  verdicts = await run();
});
afterAll(() => rmSync(folder, { recursive: true }));

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

it('tries only again what did not end', async () => {
  const lines: string[] = [];
  expect(await run((line) => lines.push(line))).toEqual(verdicts);
  expect(lines).toEqual([expect.stringMatching(/ 1 to try$/)]);
});

it('tries again what is not known, and nothing else', async () => {
  const known: Record<string, unknown> = JSON.parse(readFileSync(cache, 'utf8'));
  writeFileSync(cache, JSON.stringify(Object.fromEntries(Object.entries(known).slice(0, 10))));
  expect(await run()).toEqual(verdicts);
});

it('remembers kills alone where it is told to', async () => {
  rmSync(cache);
  expect(await run(() => {}, false)).toEqual(verdicts);
  const lines: string[] = [];
  expect(await run((line) => lines.push(line))).toEqual(verdicts);
  const alive = verdicts.filter(({ status }) => status !== 'killed');
  expect(alive.length).toBeGreaterThan(2);
  expect(lines).toEqual([expect.stringMatching(new RegExp(` ${alive.length} to try$`))]);
});

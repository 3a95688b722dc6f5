/** What a test run keeps of its calls, and when that is all of them. */
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { CALLS_FILE, readCalls, recordCalls } from '../../permissions/record.ts';
import { isWhole } from '../../permissions/whole-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'recorded-'));
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const asked = { action: 'dynamodb:GetItem', resource: 'arn:aws:dynamodb:r:1:table/m', name: 'Members' };

it('each call is kept once, by the template’s names', () => {
  const file = join(mkdtempSync(`${folder}-`), 'calls.jsonl');
  expect(readCalls(file)).toEqual([]);
  vi.stubEnv(CALLS_FILE, file);
  recordCalls('Reads', [asked, { ...asked, name: 'Balances' }]);
  recordCalls('Reads', [asked]);
  expect(readCalls(file)).toEqual([
    { function: 'Reads', action: 'dynamodb:GetItem', name: 'Members' },
    { function: 'Reads', action: 'dynamodb:GetItem', name: 'Balances' },
  ]);
  rmSync(join(file, '..'), { recursive: true });
});

it.each(['', undefined])('without a file (%j) nothing is kept', (file) => {
  vi.stubEnv(CALLS_FILE, file);
  expect(() => recordCalls('Other', [asked])).not.toThrow();
});

it('a run is whole with every file that keeps calls', () => {
  const root = join(import.meta.dirname, '../../..');
  const files = globSync(['test/{local,settings}/**/*.test.ts'], { cwd: root }).map((file) => join(root, file));
  expect(files.length).toBeGreaterThan(30);
  expect(isWhole([...files, 'another'])).toBe(true);
  expect(isWhole(files.slice(1))).toBe(false);
});

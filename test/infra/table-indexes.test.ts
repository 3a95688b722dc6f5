/** CloudFormation creates or deletes one index of a table in an update: of two, the update fails. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import packageFile from '../../package.json' with { type: 'json' };
import { indexChanges, indexesOfToday, type RecordedIndexes } from '../recorded/indexes.ts';

const folder = join(import.meta.dirname, '../recorded');
const versions = readdirSync(folder)
  .filter((name) => /^\d+\.\d+\.\d+$/.test(name))
  .toSorted((one, other) => one.localeCompare(other, 'en', { numeric: true }));
/** The release before this one; the first has none and is compared with itself as it was recorded. */
const before = versions.findLast((version) => version !== packageFile.version) ?? packageFile.version;

it(`one index of a table changes at most since ${before}`, () => {
  const recorded = JSON.parse(readFileSync(join(folder, before, 'indexes.json'), 'utf8')) as RecordedIndexes;
  const today = indexesOfToday();
  // A table that is new is made with all its indexes at once.
  for (const [table, indexes] of Object.entries(recorded))
    expect(indexChanges(indexes, today[table] ?? {}), table).toBeLessThanOrEqual(1);
});

const keys = [{ AttributeName: 'a', KeyType: 'HASH' }];
it.each([
  ['nothing', { one: { keys } }, { one: { keys } }, 0],
  ['an index more', {}, { one: { keys } }, 1],
  ['an index less', { one: { keys } }, {}, 1],
  ['two indexes more', {}, { one: { keys }, two: { keys } }, 2],
  ['another name', { one: { keys } }, { two: { keys } }, 2],
  ['another projection', { one: { keys } }, { one: { keys, projection: {} } }, 2],
])('counted: %s', (_, earlier, later, changes) => {
  expect(indexChanges(earlier, later)).toBe(changes);
});

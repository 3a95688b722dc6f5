/**
 * `npm run record`: writes one message of each kind and the items of each table, as the code of today writes them, with
 * fixed values, and the tables' indexes, into a folder named after the package's version. They are what a later release has to read
 * (`test/contract/recorded.test.ts`). The folder of a version that is released stays as it is.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { indexesOfToday } from './indexes.ts';
import { itemsOfToday } from './items.ts';
import { messagesOfToday } from './messages.ts';

const root = join(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
if (readFileSync(join(root, 'CHANGELOG.md'), 'utf8').includes(`\n## ${version}`))
  throw new Error(`CHANGELOG.md has ${version} as released: raise "version" in package.json first, its folder stays`);

const folder = join(import.meta.dirname, version);
mkdirSync(folder, { recursive: true });
const recordings = { messages: messagesOfToday(), items: await itemsOfToday(), indexes: indexesOfToday() };
for (const [name, content] of Object.entries(recordings)) {
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(content, null, 2)}\n`);
  console.log(`test/recorded/${version}/${name}.json: written`);
}

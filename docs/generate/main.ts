/** `npm run docs`: writes every generated document anew, and says which of them changed. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { documents } from './documents.ts';

const root = join(import.meta.dirname, '../..');

// All texts first: when one cannot be made, no document is written.
for (const { path, text } of documents.map((document) => ({ path: document.path, text: document.text() }))) {
  const file = join(root, path);
  const isSame = existsSync(file) && readFileSync(file, 'utf8') === text;
  if (!isSame) writeFileSync(file, text);
  console.log(`${path}: ${isSame ? 'unchanged' : 'written'}`);
}

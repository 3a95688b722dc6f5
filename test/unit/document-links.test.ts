import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const documents = globSync(['*.md', 'docs/**/*.md', 'infra/**/*.md'], { cwd: root });

it.each(documents)('%s links files that exist', (document) => {
  const text = readFileSync(join(root, document), 'utf8').replaceAll(/```.*?```/gs, '');
  const links = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(([, link = '']) => link);
  const missing = links.filter((link) => !existsSync(join(root, dirname(document), link)));
  expect(missing).toEqual([]);
});

it('the README’s walk is linked, file by file', () => {
  const [, walk = ''] = readFileSync(join(root, 'README.md'), 'utf8').split('## The walk through the code');
  const files = [...walk.matchAll(/^\d\. \[`([^`]+)`\]\(([^)]+)\)/gm)].map(([, name, link]) => [name, link]);
  expect(files.length).toBeGreaterThan(5);
  for (const [name, link] of files) expect(link).toBe(name);
});

const glossary = [
  ...readFileSync(join(root, 'docs/glossary.md'), 'utf8').matchAll(/^\| ([a-z -]+) \| .*\]\(([^)]+)\)/gm),
];
const letters = (text: string): string => text.toLowerCase().replaceAll(/[^a-z]/g, '');

it.each(glossary.map(([, word = '', link = '']) => [word, link] as const))(
  'the glossary’s “%s” is a word of %s',
  (word, link) => {
    expect(letters(readFileSync(join(root, 'docs', link), 'utf8'))).toContain(letters(word));
  },
);

const evidence = readFileSync(join(root, 'docs/evidence.md'), 'utf8').replaceAll(/\s+/g, ' ');
const readers = [...evidence.matchAll(/((?:`\w+`(?:,| and)? )+)in \[`([\w-]+\.ts)`\]\(([^)]+)\)/g)].flatMap(
  ([, names = '', file = '', link = '']) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => ({ name, file, link })),
);

it.each(readers)('$name of docs/evidence.md is declared in $file', ({ name, file, link }) => {
  expect(link.endsWith(`/${file}`)).toBe(true);
  const code = readFileSync(join(root, 'docs', link), 'utf8');
  expect(code).toMatch(new RegExp(`(function|const) ${name}\\b`));
});

it('docs/evidence.md names the reader of every signal', () => {
  const rows = readFileSync(join(root, 'docs/evidence.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| '));
  const without = rows.slice(1).filter((row) => !/`\w+` in \[/.test(row));
  expect(without).toEqual([]);
  expect(rows.length).toBeGreaterThan(20);
});

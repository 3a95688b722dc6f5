/** Titles of tests are short: option, value, result. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { at, childrenOf, listOf, type Node, parse, plain } from '../mutants/syntax.ts';

const root = join(import.meta.dirname, '../..');

/** The titles in `text` with more than ten words; a placeholder counts as one. */
function longTitles(path: string, text: string): string[] {
  const found: string[] = [];
  const visit = (node: Node): void => {
    const [title] = listOf(node, 'arguments');
    if (node.type === 'CallExpression' && title !== undefined && isTest(at(node, 'callee'))) {
      const words = text.slice(title.start + 1, title.end - 1);
      if (/Literal$/.test(title.type) && words.split(/\s+/).length > 10) found.push(`${path}: ${words}`);
    }
    for (const child of childrenOf(node)) visit(child);
  };
  visit(parse(path, text));
  return found;
}

/** Whether `callee` is `it`, `test` or `describe`, with or without `.each(…)` and the like. */
function isTest(callee: Node | null): boolean {
  if (callee === null) return false;
  const inner = at(callee, callee.type === 'CallExpression' ? 'callee' : 'object');
  return inner === null ? ['it', 'test', 'describe'].includes(String(plain(callee, 'name'))) : isTest(inner);
}

it('titles have at most ten words', () => {
  const long = globSync('test/**/*.test.ts', { cwd: root })
    .toSorted()
    .flatMap((path) => longTitles(path, readFileSync(join(root, path), 'utf8')));
  expect(long).toEqual([]);
});

it.each([
  ["it('a b c d e f g h i j', () => {});", 0],
  ["it('a b c d e f g h i j k', () => {});", 1],
  ["describe('x', () => { test.each([[1]])('a b c d e f g h i j %s', () => {}); });", 1],
  ['it(`a b c d e f g h i j k`, () => {});', 1],
  ["calls('a b c d e f g h i j k', () => {});", 0],
])('a long title is found: %s', (text, count) => {
  expect(longTitles('x.test.ts', text)).toHaveLength(count);
});

import { expect, it } from 'vitest';
import { keptByName } from '../../../shared/domain/kept.ts';

it('makes a thing once, and forgets all at 200', () => {
  const made: string[] = [];
  const kept = keptByName<string>();
  const ask = (name: string) =>
    kept(name, () => {
      made.push(name);
      return `${name}!`;
    });
  const names = Array.from({ length: 200 }, (_, index) => String(index));
  expect(names.map(ask)).toEqual(names.map((name) => `${name}!`));
  expect([ask('0'), ask('199'), made]).toEqual(['0!', '199!', names]);
  expect([ask('more'), ask('0'), ask('more')]).toEqual(['more!', '0!', 'more!']);
  expect(made).toEqual([...names, 'more', '0']);
});

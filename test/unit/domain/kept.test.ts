import { expect, it } from 'vitest';
import { keptUpTo } from '../../../shared/domain/kept.ts';

it('makes a thing once, and forgets all at the limit', () => {
  const made: string[] = [];
  const kept = keptUpTo<string>(2);
  const ask = (name: string) =>
    kept(name, () => {
      made.push(name);
      return name.toUpperCase();
    });
  expect(['a', 'b', 'a', 'c', 'a'].map(ask)).toEqual(['A', 'B', 'A', 'C', 'A']);
  expect(made).toEqual(['a', 'b', 'c', 'a']);
});

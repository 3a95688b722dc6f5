import { describe, expect, it } from 'vitest';
import { groupsOf, inGroups } from '../../../shared/domain/in-groups.ts';

it.each([
  { items: '', groups: [] },
  { items: 'ab', groups: ['ab'] },
  { items: 'abc', groups: ['ab', 'c'] },
  { items: 'abcdef', groups: ['ab', 'cd', 'ef'] },
])('$items by two: $groups', ({ items, groups }) => {
  expect(groupsOf([...items], 2).map((group) => group.join(''))).toEqual(groups);
});

describe('work in groups', () => {
  it.each([
    { items: [], groups: [], results: [] },
    { items: ['a'], groups: ['a'], results: ['A'] },
    { items: ['a', 'b'], groups: ['ab'], results: ['A', 'B'] },
    { items: ['a', 'b', 'c', 'd', 'e'], groups: ['ab', 'cd', 'e'], results: ['A', 'B', 'C', 'D', 'E'] },
  ])('two at the same time: $items in groups $groups', async ({ items, groups, results }) => {
    const begun: string[] = [];
    let atWork = '';
    const done = await inGroups(items, 2, async (item) => {
      atWork += item;
      await Promise.resolve();
      if (atWork !== '') begun.push(atWork);
      atWork = '';
      return item.toUpperCase();
    });
    expect(begun).toEqual(groups);
    expect(done).toEqual(results);
  });

  it('a failure ends it before the next group', async () => {
    const begun: string[] = [];
    const work = async (item: string) => {
      begun.push(item);
      if (item === 'b') throw new Error('b failed');
    };
    await expect(inGroups(['a', 'b', 'c'], 2, work)).rejects.toThrow('b failed');
    expect(begun).toEqual(['a', 'b']);
  });
});

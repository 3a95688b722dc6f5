/** Doing much without doing all of it at the same time. */

/** The items in their order, in groups of `size`; the last one may be smaller. */
export const groupsOf = <Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, group) => items.slice(group * size, (group + 1) * size));

/**
 * What `work` gives for each item, in their order. `size` items at the same time: a group begins when the one before it is
 * done, and not at all when something in it has failed.
 */
export async function inGroups<Item, Done>(
  items: readonly Item[],
  size: number,
  work: (item: Item) => Promise<Done>,
): Promise<readonly Done[]> {
  const done: Done[] = [];
  for (const group of groupsOf(items, size)) done.push(...(await Promise.all(group.map(work))));
  return done;
}

/** Doing much without doing all of it at the same time. */

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
  for (let from = 0; from < items.length; from += size) {
    done.push(...(await Promise.all(items.slice(from, from + size).map(work))));
  }
  return done;
}

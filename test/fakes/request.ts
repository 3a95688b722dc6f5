/**
 * One request to the world: the fakes make each request of a real client through it. A test lets it happen at once; the
 * simulation delays it, lets it fail before or after its effect, or never answers.
 *
 * @param name port, method and, where a method sends several, which: `members.claim`, `balances.store/put`.
 * @param effect what happens at the other end, all at once.
 */
export type Request = <T>(name: string, effect: () => T) => Promise<T>;

/** Nothing goes wrong and nothing takes time. */
export const atOnce: Request = async (_name, effect) => effect();

/**
 * A conditional write that recognises its own repetition after a lost answer: it gives the first result again, unless
 * another write has changed `item` since.
 */
export function recognised<T>(item: () => unknown, effect: () => T): () => T {
  let done: { readonly item: unknown; readonly result: T } | null = null;
  return () => {
    const before = item();
    if (done !== null && done.item === before) return done.result;
    const result = effect();
    const after = item();
    if (after !== before) done = { item: after, result };
    return result;
  };
}

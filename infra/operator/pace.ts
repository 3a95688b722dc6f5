/** Doing something so often a second and not more. */
import type { Terminal } from './terminal.ts';

/** How far it may fall behind and then catch up, in milliseconds: timers wake late. */
const BEHIND_MS = 200;

/** Waits until the next turn: `perSecond` turns a second. @throws AbortError once the terminal's `stop` is aborted */
export function pace(perSecond: number, { elapsed, sleep }: Pick<Terminal, 'elapsed' | 'sleep'>): () => Promise<void> {
  let next = elapsed();
  return async () => {
    const now = elapsed();
    next = Math.max(next, now - BEHIND_MS) + 1_000 / perSecond;
    if (next > now) await sleep(next - now);
  };
}

/** How far the work is, while it lasts. */
import type { Terminal } from './terminal.ts';

/** On a terminal the line is written over once a second; elsewhere every ten seconds a new one. */
const EVERY_MS = { terminal: 1_000, elsewhere: 10_000 };

/** Tells how far the work is, as `line` says, when it has taken longer than a second since the last time. */
export function progress(terminal: Pick<Terminal, 'say' | 'sayOver' | 'elapsed'>, line: () => string): () => void {
  const { say, sayOver, elapsed } = terminal;
  const every = sayOver === null ? EVERY_MS.elsewhere : EVERY_MS.terminal;
  let last = elapsed();
  return () => {
    if (elapsed() - last < every) return;
    last = elapsed();
    (sayOver ?? say)(line());
  };
}

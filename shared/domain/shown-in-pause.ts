/** How callers are shown a refresh that a pause has put off. */
import type { Clock } from './instant.ts';
import { type Pauses, pauseAt, withMovedDeadline } from './pause.ts';
import type { Refresh } from './refresh.ts';

/**
 * `refresh` as it is shown: while it runs, its deadline is later by the pauses since, and in a pause it waits for the end of
 * that. One that has ended is shown as it is.
 */
export async function shownInPause(
  refresh: Refresh,
  { pauses, now }: { readonly pauses: Pauses; readonly now: Clock },
): Promise<Refresh> {
  if (refresh.status === 'ended') return refresh;
  const known = await pauses.known();
  const moved = withMovedDeadline(known, refresh);
  const { progress } = moved;
  if (progress === null || pauseAt(known, now()) === null) return moved;
  return { ...moved, progress: { ...progress, waitsFor: 'paused', nextLookAt: null } };
}

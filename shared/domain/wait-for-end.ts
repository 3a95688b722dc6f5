/** Waiting for the end of a refresh inside a request. A waiting function is paid for: the default is not to wait. */
import { epochMillisecondsOf, type Instant } from './instant.ts';
import type { RefreshDeps } from './ports.ts';
import type { Refresh } from './refresh.ts';
import { currentRefresh } from './refresh-details.ts';

/** What waiting needs. */
export interface WaitDeps extends Pick<RefreshDeps, 'members' | 'refreshes' | 'now'> {
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** Between two reads of our own table. A waiting caller causes no additional call of MX. */
const STEP_MS = 500;

/** `refresh` when it has ended, or as it is at `until`. */
export async function waitForEnd(deps: WaitDeps, refresh: Refresh, until: Instant): Promise<Refresh> {
  let seen = refresh;
  for (;;) {
    const left = epochMillisecondsOf(until) - epochMillisecondsOf(deps.now());
    if (seen.status === 'ended' || left <= 0) return seen;
    await deps.sleep(Math.min(STEP_MS, left));
    const member = await deps.members.read(refresh.member);
    seen =
      member?.claim?.refreshId === refresh.refreshId
        ? await currentRefresh(deps.refreshes, refresh.member, member.claim)
        : ((await deps.refreshes.read(refresh.refreshId)) ?? seen);
  }
}

/** How many requests may wait at once. A waiting request keeps a function running, and an account has only so many. */
import { type Instant, plusSeconds } from './instant.ts';
import type { MemberKey } from './mx.ts';
import type { RefreshDeps, WaitLeases } from './ports.ts';
import { hash } from './schedule.ts';

/** What that needs. */
export interface WaitLimits extends Pick<RefreshDeps, 'random'> {
  readonly waitLeases: WaitLeases;
  /** Setting: how many requests wait at once, over all instances. 0: none. */
  readonly waitersAtOnce: number;
}

/** The most requests that wait for one member. */
const WAITERS_PER_MEMBER = 4;

const TRIES = 2;

/**
 * Whether a request may wait for `member` until `until`. Every place is a lease that ends by itself, so a crash frees it. A
 * member has a few places, which its guid decides: that bounds its waiters with the same write as all waiters. Two of them
 * are tried: asking for more would cost more than the 202 that the caller gets instead.
 */
export async function mayWait(limits: WaitLimits, { memberGuid }: MemberKey, until: Instant): Promise<boolean> {
  const { waitLeases, waitersAtOnce, random } = limits;
  const places = Math.min(WAITERS_PER_MEMBER, waitersAtOnce);
  const [first, chosen] = [hash(memberGuid), Math.floor(random() * places)];
  for (let index = 0; index < Math.min(TRIES, places); index += 1) {
    const place = (first + ((chosen + index) % places)) % waitersAtOnce;
    // The answer takes a moment longer than the wait.
    if (await waitLeases.take(place, plusSeconds(until, 1))) return true;
  }
  return false;
}

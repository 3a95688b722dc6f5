/**
 * After a number of failed logins an address has to wait. Counted per instance of the function, so an address can try
 * more often over several, and each refused request still runs the function and writes its line: only reading the callers'
 * secret again is saved. Guessing is prevented by the keys' length, 32 random bytes.
 */

import { type Clock, type Instant, plusSeconds, secondsBetween } from '../domain/instant.ts';
import { Refusal } from './refusal.ts';

/** Counts failed attempts by address. */
export interface FailedAttempts {
  /** @throws Refusal `too_many_requests` when `address` has failed too often in the last minute. */
  check(address: string): void;
  failed(address: string): void;
}

/** Addresses kept at the same time; beyond it the oldest is dropped, which bounds the memory. */
const MAX_ADDRESSES = 1_000;

/** A counter: `limit` failures in `windowSeconds`, then a wait until the window is over. */
export function failedAttempts(now: Clock, limit = 10, windowSeconds = 60): FailedAttempts {
  const counts = new Map<string, { since: Instant; failures: number }>();
  return {
    check(address) {
      const known = counts.get(address);
      if (known === undefined || known.failures < limit) return;
      const left = windowSeconds - secondsBetween(known.since, now());
      if (left <= 0) {
        counts.delete(address);
        return;
      }
      throw new Refusal('too_many_requests', 'too many failed attempts from this address', {
        retryAfterSeconds: Math.ceil(left),
      });
    },
    failed(address) {
      const known = counts.get(address);
      if (known !== undefined && now() < plusSeconds(known.since, windowSeconds)) {
        known.failures += 1;
        return;
      }
      counts.delete(address);
      counts.set(address, { since: now(), failures: 1 });
      const [oldest] = counts.keys();
      if (counts.size > MAX_ADDRESSES && oldest !== undefined) counts.delete(oldest);
    },
  };
}

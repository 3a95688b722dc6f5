/** What is kept of an institution's trouble, in one item: its breaker, and whether it has balance checks. */
import { type Breaker, closedBreaker } from './breaker.ts';
import { type BalanceChecks, supported } from './not-supported.ts';

/** The item. */
export interface Trouble {
  readonly breaker: Breaker;
  readonly checks: BalanceChecks;
}

/** Of an institution that has none. */
export const noTrouble: Trouble = { breaker: closedBreaker, checks: supported };

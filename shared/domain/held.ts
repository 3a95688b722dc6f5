/**
 * Why the schedule does not start a member. A refresh that was begun since makes the note void; the write of its claim takes
 * it away, so that this costs no write of its own.
 */
import type { Action } from './action.ts';
import type { Instant } from './instant.ts';
import type { OutcomeCode } from './outcome.ts';

/** The note. Not an attempt: MX was not asked for a job. */
export interface Held {
  /** When the member was held back for this reason for the first time. */
  readonly since: Instant;
  readonly code: OutcomeCode;
  /** What has to happen before it is started again. */
  readonly action: Action;
}

/** The attributes that decide whether a member is held back. */
export interface PerhapsHeld {
  readonly held: Held | null;
  readonly claim: { readonly acceptedAt: Instant } | null;
  readonly lastAttempt: { readonly acceptedAt: Instant } | null;
}

/** Why the schedule holds the member back now; null when it does not, or a refresh was begun since. */
export function heldOf({ held, claim, lastAttempt }: PerhapsHeld): Held | null {
  if (held === null) return null;
  return [claim?.acceptedAt, lastAttempt?.acceptedAt].some((at) => at !== undefined && at > held.since) ? null : held;
}

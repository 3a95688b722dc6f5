/** A member that MX does not know, though this service does. */
import { type Instant, secondsBetween } from './instant.ts';

/**
 * It is believed to be gone when MX has not known it at two readings this far apart: a wrong environment, or MX right after
 * a create, makes members unknown that are there.
 */
export const MISSING_SECONDS = 60;

/** Whether a member that MX did not know at `since` either is believed to be gone at `now`. */
export const isBelievedMissing = (since: Instant, now: Instant): boolean =>
  secondsBetween(since, now) >= MISSING_SECONDS;

/** The attributes that decide whether MX does not know a member. */
export interface PerhapsMissing {
  /** When MX did not know the member. The note is never removed: a reading since makes it void. */
  readonly missing: Instant | null;
  readonly seenAt: Instant | null;
}

/** Since when MX does not know the member; null when it has been read since, or was never missing. */
export const missingSince = ({ missing, seenAt }: PerhapsMissing): Instant | null =>
  missing !== null && (seenAt === null || seenAt < missing) ? missing : null;

/** Starts of jobs as a member remembers them: when, and for which caller. */
import type { Instant } from './instant.ts';

/**
 * When a job was started: an instant, and behind it, where a caller asked for it, a slash and two digits that stand for
 * the caller (`startMark`). Marks compare as their instants do.
 */
export type StartMark = string;

/** The mark of a start at `at`. `callerTag`: two digits; null: no caller asked. */
export const startMark = (at: Instant, callerTag: string | null): StartMark =>
  callerTag === null ? at : `${at}/${callerTag}`;

/** When the job of `mark` was started. */
export const startedAt = (mark: StartMark): Instant => mark.slice(0, 24);

/** What stands for the caller in `mark`; null: no caller asked. */
export const callerTagIn = (mark: StartMark): string | null => mark.slice(25) || null;

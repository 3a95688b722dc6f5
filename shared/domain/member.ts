/** What is stored about a member: MX's object as last read, the running refresh, the last attempt and success. */
import type { Attention } from './attention.ts';
import type { ExactObject } from './decimal.ts';
import type { ConnectionChange } from './event.ts';
import type { Held } from './held.ts';
import { type Instant, plusSeconds } from './instant.ts';
import type { MemberKey, MxMember } from './mx.ts';
import type { Policy } from './policy.ts';
import type { Attempt, Claim } from './refresh.ts';
import type { Enrolment } from './schedule.ts';
import { fingerprintOf } from './stable-id.ts';
import { callerTagIn, type StartMark, startedAt } from './start-mark.ts';

/** The last refresh that succeeded. */
export interface Success {
  readonly refreshId: string;
  readonly observedAt: Instant;
  /** It may not have stored every account that MX listed: lists may lack one. */
  readonly incomplete: boolean;
}

/** MX's member object as it was read at an instant. It has an item of its own, beside the member's. */
export interface MemberBody {
  /** After the rules of `mx-fields.ts`. */
  readonly body: ExactObject;
  /** When that was read: an older reading does not replace it. */
  readonly seenAt: Instant;
}

/** A member's own item. */
export interface MemberRecord {
  readonly key: MemberKey;
  /**
   * When the newest body was read that was stored, or was about to be: the body's own item is written after this one, and
   * a crash in between leaves an older body there.
   */
  readonly seenAt: Instant | null;
  /** Stands for the own ids by which the member can be found (`aliasMarkOf`); null: none. */
  readonly aliasMark: string | null;
  /** MX's code of the institution, as last seen. */
  readonly institutionCode: string | null;
  readonly claim: Claim | null;
  readonly lastAttempt: Attempt | null;
  readonly lastSuccess: Success | null;
  /** The jobs that were started within the allowance's window, oldest first. */
  readonly starts: readonly StartMark[];
  /** How many changes `starts` has seen: the claim's condition, so that two claims cannot both use the last start. */
  readonly startsVersion: number;
  /**
   * MX has refused a request for a job and asked for none before this (`Retry-After`), by our clock. Null: it has not, since the
   * last claim.
   */
  readonly startNotBefore: Instant | null;
  /** Null: no schedule was set or withdrawn; the default of the settings applies. */
  readonly enrolment: Enrolment | null;
  /** MX's completions up to this one are handled: doubled and late webhooks of them change nothing. */
  readonly processedUntil: Instant | null;
  /** A change of the connection status that is stored and not yet published. */
  readonly untoldChange: ConnectionChange | null;
  /** A job of ours was seen to move `imported_at` of this member's accounts: from then on unmoved ones say something. */
  readonly importsMove: boolean;
  /** When MX did not know the member; void once it was read again (`missingSince`). */
  readonly missing: Instant | null;
  /** Why the schedule held the member back last; void once a refresh was begun (`heldOf`). */
  readonly held: Held | null;
  /** What the member waits for its user or for support to do; null: for no person, as far as is known. */
  readonly attention: Attention | null;
  /** Deleted at MX or here: nothing brings it back (promise 9). */
  readonly deletedAt: Instant | null;
}

/** What stands in a member's item for its own ids: equal for equal ones. Null when it has none. */
export const aliasMarkOf = ({ userId, memberId }: Pick<MxMember, 'userId' | 'memberId'>): string | null =>
  userId === null && memberId === null ? null : fingerprintOf(userId, memberId);

/** The part of the policy that limits starts. */
export type Allowance = Pick<Policy, 'allowanceStarts' | 'allowanceWindowSeconds'>;

/** The starts that still count at `now`. */
export const startsInWindow = (starts: readonly StartMark[], now: Instant, policy: Allowance): readonly StartMark[] => {
  const since = plusSeconds(now, -policy.allowanceWindowSeconds);
  return starts.filter((mark) => startedAt(mark) > since);
};

/** When the next job may be started: `null` = now, else the instant at which the oldest start leaves the window. */
export function nextStartAllowedAt(starts: readonly StartMark[], now: Instant, policy: Allowance): Instant | null {
  const counting = startsInWindow(starts, now, policy);
  if (counting.length < policy.allowanceStarts) return null;
  // The one whose leaving brings the number below the allowance.
  const leaving = counting[counting.length - policy.allowanceStarts];
  return leaving === undefined ? null : plusSeconds(startedAt(leaving), policy.allowanceWindowSeconds);
}

/** When the next job of `member` may be asked for, by MX's allowance and by its `Retry-After`: `null` = now. */
export function nextJobAllowedAt(
  { starts, startNotBefore }: Pick<MemberRecord, 'starts' | 'startNotBefore'>,
  now: Instant,
  policy: Allowance,
): Instant | null {
  const byAllowance = nextStartAllowedAt(starts, now, policy);
  if (startNotBefore === null || startNotBefore <= now) return byAllowance;
  return byAllowance !== null && byAllowance > startNotBefore ? byAllowance : startNotBefore;
}

/** A caller's part of each member's allowance. */
export interface CallerShare {
  readonly callerTag: string;
  /** Starts within the allowance's window. */
  readonly mostStarts: number;
}

/** When the caller may start the next job: `null` = now, as far as its own share goes. */
export const nextStartOfCallerAt = (
  starts: readonly StartMark[],
  now: Instant,
  policy: Allowance,
  { callerTag, mostStarts }: CallerShare,
): Instant | null =>
  nextStartAllowedAt(
    starts.filter((mark) => callerTagIn(mark) === callerTag),
    now,
    { ...policy, allowanceStarts: mostStarts },
  );

/** Whether a refresh of the member ran at `since` or later. One that runs is joined, so it needs no mention here. */
export const wasRefreshedSince = ({ lastAttempt, starts }: MemberRecord, since: Instant): boolean =>
  [lastAttempt?.endedAt, ...starts].some((at) => at !== undefined && at >= since);

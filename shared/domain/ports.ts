/**
 * What the domain needs from the world. `shared/clients` fulfils it; the tests' fakes are held to the same contract. The
 * members table is in `members-ports.ts`, telling of a refresh's end in `notify-ports.ts`.
 */
import type { KnownOfAccounts, ObservationStamp, StoredBalance } from './balance.ts';
import type { BreakerRules } from './breaker.ts';
import type { LookState } from './decision.ts';
import type { ErasedItems } from './erasure-ports.ts';
import type { Clock, Instant } from './instant.ts';
import type { Breakers, Institutions } from './institutions-ports.ts';
import type { LookPlan } from './look-plan.ts';
import type { Measures } from './measures.ts';
import type { Members, Unstarted } from './members-ports.ts';
import type { Challenge, ChallengeAnswer, MemberIdentifiers, MemberKey, MxAccount, MxMember } from './mx.ts';
import type { MxWebhook } from './mx-webhook.ts';
import type { SupportRules } from './not-supported.ts';
import type { Callbacks, Deliveries, Events, Notices } from './notify-ports.ts';
import type { Pauses } from './pause.ts';
import type { Policy } from './policy.ts';
import type { End, EndDetails, Refresh, RunningRefresh } from './refresh.ts';
import type { DelayedBatch, EnrolledMember, Enrolment, ScheduleWishes } from './schedule.ts';

/**
 * MX's Platform API. Every method throws `Failure` with a fate, and has a timeout. With `paused` nothing was sent: an
 * operator has stopped calls to MX.
 */
export interface Mx {
  readMember(member: MemberIdentifiers): Promise<MxMember>;
  /** The challenges of a member that waits for its user. */
  readChallenges(member: MemberIdentifiers): Promise<readonly Challenge[]>;
  /** Starts the job. Never retried by the client. */
  checkBalance(member: MemberIdentifiers): Promise<MxMember>;
  /**
   * Sends the user's answers. Never repeated by the client. @throws Failure `mx_not_challenged` when MX waits for none.
   * No failure has an answer in it.
   */
  resume(member: MemberIdentifiers, answers: readonly ChallengeAnswer[]): Promise<MxMember>;
  /** All pages or a failure; each account once. */
  listAccounts(member: MemberIdentifiers): Promise<readonly MxAccount[]>;
}

/** The stored balances. */
export interface Balances {
  /** All accounts of a member, every page. */
  ofMember(key: MemberKey): Promise<readonly StoredBalance[]>;
  /** Newer wins, account by account; marks what is no longer listed. Repeatable. Gives all accounts as they are then. */
  store(
    key: MemberKey,
    accounts: readonly MxAccount[],
    stamp: ObservationStamp,
    known?: KnownOfAccounts,
  ): Promise<readonly StoredBalance[]>;
}

/** Refreshes as resources: projections of the members' claims, and what is too long for these. */
export interface Refreshes {
  /** Writes the projection of a refresh that runs, unless there is one already, and its questions, if it has any. */
  put(refresh: RunningRefresh): Promise<void>;
  /**
   * Writes texts and questions of an end at `endedAt` that is yet to be written to the member's item. They are shown only
   * if that end comes about. Nothing once the projection has ended.
   */
  putDetails(refresh: RunningRefresh, endedAt: Instant, details: EndDetails): Promise<void>;
  /** Writes the end. One that is written stands: nothing replaces it. */
  end(shown: ShownEnd): Promise<void>;
  /** Remembers what a caller that has joined the refresh calls it: `MAX_JOINED_IDS` of them, each once. Repeatable. */
  recordJoined(refresh: Pick<Refresh, 'refreshId' | 'member' | 'acceptedAt'>, correlationId: string): Promise<void>;
  read(refreshId: string): Promise<Refresh | null>;
  /** The texts and questions of the end at `endedAt`, whether or not the projection has ended; null: there are none. */
  readDetails(refreshId: string, endedAt: Instant): Promise<EndDetails | null>;
}

/** How many callers' correlation ids a refresh remembers beside its own. */
export const MAX_JOINED_IDS = 5;

/** An end that is to be shown. */
export interface ShownEnd {
  /** The refresh until its end. */
  readonly refresh: RunningRefresh;
  readonly end: End;
  /** Undefined where they are not known: then those that `putDetails` has written for this end are shown. */
  readonly details?: EndDetails | null | undefined;
}

/** The message that asks for a look, the first or the next. */
export interface NextLook {
  readonly refreshId: string;
  readonly member: MemberKey;
  /** The number of that look: 1 for the first. */
  readonly lookNumber: number;
  /** The state that the last look passes on; null when a webhook asks. */
  readonly state: LookState | null;
  /** As in the claim; null also in messages from before there were any. */
  readonly correlationId: string | null;
}

/** The follow-up queue, as far as looks go. */
export interface FollowUps {
  /** `inSeconds` up to 900 (SQS limit). */
  send(look: NextLook, inSeconds: number): Promise<void>;
}

/** Webhooks that wait to be acted on: messages of the follow-up queue too, because most make its function look. */
export interface Webhooks {
  send(webhook: MxWebhook, inSeconds: number): Promise<void>;
}

/** Deleting what is stored of a member, now and once more when no function that began before can still be writing. */
export interface Erasure {
  /** Deletes the member's balances. MX's member object is erased beside it (`SeenMembers.eraseBody`). */
  erase(key: MemberKey): Promise<void>;
  /** Deletes the former amounts of its accounts, until `isLate`: there can be many thousands. */
  eraseHistory(key: MemberKey, isLate: () => boolean): Promise<ErasedItems>;
  /** Sends the message that erases again. */
  eraseAgain(key: MemberKey, inSeconds: number): Promise<void>;
}

/** The schedule: slots, each member's enrolment, and how far the ticks have come. */
export interface Schedule {
  /**
   * Writes the slot's item, then the member's enrolment, then removes the item of its former slot. Of several at once one
   * is kept: the others count as replaced by it, and remove the items that they have written. `unless_said`: nothing is
   * written for a member with an enrolment or a withdrawal.
   *
   * A member that is not known gets an item, except with `unless_said`.
   *
   * @throws Failure `member_deleted` when the member is gone, `busy` when other enrolments came in between again and again.
   */
  enrol(key: MemberKey, enrolment: Enrolment, when: 'always' | 'unless_said', wishes?: ScheduleWishes): Promise<void>;
  /** What is wished for the member in this slot; null for a member that is not in it. */
  wishesOf(key: MemberKey, slot: string): Promise<ScheduleWishes | null>;
  /** The members of a slot, every page. */
  membersOf(slot: string): Promise<readonly EnrolledMember[]>;
  /**
   * Moves a member from its slot to the slot `to`, which is due in the same minutes: an item there with the same wishes,
   * then the enrolment. The former item stays: `removeStray`. False: the member does not stand there (any more), or has
   * been enrolled anew meanwhile; then nothing has changed.
   */
  move(place: Pick<EnrolledMember, 'member' | 'slot'>, to: string): Promise<boolean>;
  /**
   * Removes an item that its member does not point to; leaves one that it does. An enrolment that has written it and is
   * still under way does not come after this, but is tried again.
   */
  removeStray(place: Pick<EnrolledMember, 'member' | 'slot'>): Promise<void>;
  /** The last minute that was worked through; null before the first tick. */
  lastMinute(): Promise<number | null>;
  /** Remembers that `minute` was worked through; never goes back. */
  setLastMinute(minute: number): Promise<void>;
}

/** How many members' schedules each caller has changed in a day. */
export interface ScheduleChanges {
  /** Counts one more of `caller` at `at`; false, and nothing is counted, when it has made `most` on that day (UTC). */
  take(caller: string, most: number, at: Instant): Promise<boolean>;
}

/** The deployment's ceiling on unattended starts, over all instances. */
export interface StartCeiling {
  /**
   * Reserves so many starts: when they may begin, at `now` or later. Null: that would be more than 15 minutes from now, and
   * nothing is reserved. A reservation that is not used, or whose answer is lost, is wasted; the ceiling holds.
   */
  reserve(starts: number, now: Instant): Promise<Instant | null>;
}

/** Places for requests that wait, numbered from 0. */
export interface WaitLeases {
  /** Takes a place until `until`; false when it is taken. */
  take(place: number, until: Instant): Promise<boolean>;
}

/** The start queue. */
export interface Starts {
  /** All of them, in as few requests as the queue allows. Rejects when some were not taken; the others are sent. */
  sendAll(batches: readonly DelayedBatch[]): Promise<void>;
}

/** Everything a refresh needs from its start to its end. */
export interface RefreshDeps {
  readonly mx: Mx;
  /** While there is one, `mx` refuses every call with `paused`, and has certainly not sent it. */
  readonly pauses: Pauses;
  readonly members: Members;
  readonly unstarted: Unstarted;
  readonly refreshes: Refreshes;
  readonly followUps: FollowUps;
  readonly balances: Pick<Balances, 'ofMember'>;
  readonly events: Events;
  readonly callbacks: Callbacks;
  readonly deliveries: Deliveries;
  readonly notices: Notices;
  readonly institutions: Institutions;
  readonly breakers: Breakers;
  readonly breakerRules: BreakerRules;
  readonly supportRules: SupportRules;
  /** Told why nothing was learnt from a refresh that has ended: nothing else shows it. */
  readonly notLearnt: (error: unknown) => void;
  readonly measures: Measures;
  /** Settings: what looks are planned by beside the lengths of jobs. */
  readonly looks: Omit<LookPlan, 'lengths'>;
  /** Setting: whether `balance.changed` says from what to what. */
  readonly amountsInEvents: boolean;
  readonly policy: Policy;
  readonly now: Clock;
  /** True when `work` is done within so many milliseconds. False: it goes on, and its result is ignored. */
  readonly within: (milliseconds: number, work: Promise<void>) => Promise<boolean>;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  /** `RFR-` and a ULID of the given instant. */
  readonly newRefreshId: (now: Instant) => string;
}

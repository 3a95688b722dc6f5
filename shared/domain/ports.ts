/** What the domain needs from the world. `shared/clients` fulfils it; the tests' fakes are held to the same contract. */
import type { KnownOfAccounts, ObservationStamp, StoredBalance } from './balance.ts';
import type { LookState } from './decision.ts';
import type { ChangedBalance, ConnectionChange, DomainEvent, RefreshEnded } from './event.ts';
import type { Held } from './held.ts';
import type { Clock, Instant } from './instant.ts';
import type { MemberBody, MemberRecord } from './member.ts';
import type { Challenge, ChallengeAnswer, MemberIdentifiers, MemberKey, MxAccount, MxMember } from './mx.ts';
import type { MxWebhook } from './mx-webhook.ts';
import type { Policy } from './policy.ts';
import type { Unanswered } from './progress.ts';
import type {
  Attempt,
  Baseline,
  Claim,
  End,
  EndDetails,
  OpenClaim,
  Refresh,
  RunningClaim,
  RunningRefresh,
  SentStart,
  StartedClaim,
} from './refresh.ts';
import type { DelayedBatch, EnrolledMember, Enrolment } from './schedule.ts';
import type { StartMark } from './start-mark.ts';

/** MX's Platform API. Every method throws `Failure` with a fate, and has a timeout. */
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

/** The members: what is known, and the claim. Reads are strongly consistent. */
export interface Members {
  /** The guids behind any identifiers; null when this service has not met that member. */
  resolve(member: MemberIdentifiers): Promise<MemberKey | null>;
  read(key: MemberKey): Promise<MemberRecord | null>;
  /** MX's member object as last stored; null when none is, or the member was deleted. `memberView` is what may be shown. */
  readBody(key: MemberKey): Promise<MemberBody | null>;
  /**
   * Stores MX's member object. Newer wins, and nothing comes back that was erased: both are answers, not errors. Written
   * after the item that says of it when it was read.
   */
  putBody(key: MemberKey, body: MemberBody): Promise<void>;
  /** Makes the member findable by the caller's own ids. */
  writeAliases(member: MxMember): Promise<void>;
  /**
   * One conditional write: nothing else is claimed, nothing was started since `startsVersion` was read, and the member
   * is not deleted. False when it lost.
   */
  claim(claiming: Claiming): Promise<boolean>;
  /** Marks the running refresh as one whose user is present. */
  joinUserPresent(key: MemberKey, refreshId: string): Promise<void>;
  /**
   * Takes look `lookNumber` of refresh `refreshId`: of several messages that ask for it, the first wins. The same look is
   * taken again only after its function's time limit. While accounts are being stored the stored ones are incomplete, so no
   * look is taken before that function's time limit. Returns the member with the claim as taken.
   */
  takeLook(key: MemberKey, refreshId: string, lookNumber: number, now: Instant): Promise<TakenLook>;
  /** Writes the claim before a POST: what is sent next has an unknown result until it is recorded. */
  recordStarting(key: MemberKey, claim: StartedClaim, starts: readonly StartMark[]): Promise<boolean>;
  /** Writes the result of a POST. False when a later POST of this refresh has been recorded meanwhile. */
  recordStart(started: Started): Promise<boolean>;
  /** Writes what a look saw and later looks cannot see again; MX has answered it. */
  recordSeen(seen: Seen): Promise<void>;
  /** Writes why a look saw nothing, as long as it is the last one taken. A look that MX answers takes it back (`recordSeen`). */
  recordUnanswered(look: UnansweredLook): Promise<void>;
  /** Moves the claim from running to storing, if the look that does so is still the last one taken. */
  beginStoring(storing: Storing): Promise<boolean>;
  /**
   * Ends the refresh: result, last attempt, last success. False when the claim is in another phase than `from`, or has learnt
   * more than is `known`: another look was taken, whose function may be storing right now, or a newer job has shown itself.
   */
  end(ended: Ended): Promise<boolean>;
  /** Removes an ended claim. */
  release(key: MemberKey, refreshId: string): Promise<void>;
  /** Members whose claim is older than `before`, from the index of open claims: its cost does not depend on history. */
  openSince(before: Instant): AsyncIterable<MemberKey>;
}

/** A claim that is to be written. */
export interface Claiming {
  readonly key: MemberKey;
  readonly claim: RunningClaim;
  /** The member's starts, with this one when a POST is about to be sent. */
  readonly starts: readonly StartMark[];
  /** As the member was read. */
  readonly startsVersion: number;
  /** As MX shows it; null: MX could not be read. */
  readonly member?: MxMember | null;
  /** Whether its body is about to be stored too, with the claim's `acceptedAt` as the time of reading. */
  readonly withBody?: boolean;
}

/** The result of a POST. */
export interface Started {
  readonly key: MemberKey;
  readonly refreshId: string;
  readonly start: SentStart;
  /** True when the answer showed the flag; never takes back that it was seen. */
  readonly flagSeen: boolean;
  /** When the job began by MX's clock, if the answer showed it; one that is known stays. */
  readonly jobAggregatedAt?: Instant | null;
  /** The member's starts without this one, when MX refused it for certain; else they stay. */
  readonly starts?: readonly StartMark[] | null;
  /** No other request for a job of this member before this, because MX has asked for that; else what is known stays. */
  readonly notBefore?: Instant | null;
}

/** What a look saw. */
export interface Seen {
  readonly key: MemberKey;
  readonly refreshId: string;
  /** True when it showed the flag; never takes back that it was seen. */
  readonly flagSeen: boolean;
  /** When the job began by MX's clock, if the look showed it; one that is known stays. */
  readonly jobAggregatedAt: Instant | null;
  /** As in the claim. */
  readonly seenStatus: RunningClaim['seenStatus'];
  /** As in the claim. The questions are put into the refresh's item before this. */
  readonly questions: string | null;
}

/** A look that MX did not answer. */
export interface UnansweredLook {
  readonly key: MemberKey;
  readonly refreshId: string;
  readonly lookNumber: number;
  readonly unanswered: Unanswered;
}

/** The look that is about to store the accounts. */
export interface Storing {
  readonly key: MemberKey;
  readonly refreshId: string;
  readonly lookNumber: number;
  /** As in `Seen`. */
  readonly jobAggregatedAt: Instant | null;
  readonly seenStatus: RunningClaim['seenStatus'];
}

/** How far the knowledge goes of a function that ends a refresh. */
export interface KnownAtEnd {
  /** When the last look was taken. */
  readonly lookedAt: Instant | null;
  /** The latest start of a job by MX's clock. */
  readonly jobAggregatedAt: Instant | null;
}

/** An end that is to be written. */
export interface Ended {
  readonly key: MemberKey;
  readonly from: OpenClaim['phase'];
  /** What the end takes into account of what the claim has learnt. */
  readonly known: KnownAtEnd;
  readonly attempt: Attempt;
  /** As of when MX's member object is about to be stored too; null: it is not. */
  readonly bodySeenAt?: Instant | null;
  /** True: a job of ours was seen to move the accounts' `imported_at`. Never takes that back. */
  readonly importsMove?: boolean;
  /** The member's starts without this one, when MX has certainly not counted it; else they stay. */
  readonly starts?: readonly StartMark[] | null;
}

/** What is learnt about members outside their refreshes, and their end. */
export interface SeenMembers {
  /**
   * Reserves one read of the member at MX outside a refresh. False when it was read or looked at less than the minimum gap
   * ago, is deleted or is not known.
   */
  reserveRead(key: MemberKey, now: Instant): Promise<boolean>;
  /**
   * Notes that MX's member was read at `readAt`, before its body is stored, and with it the change that has yet to be
   * told. False when it was read again since, or is deleted. Makes a member known that was not.
   */
  recordSighting(member: MxMember, readAt: Instant, change: ConnectionChange | null): Promise<boolean>;
  /** Forgets a change that has been told. */
  settleChange(key: MemberKey, change: ConnectionChange): Promise<void>;
  /** Remembers a refresh that held no claim as last attempt and last success, each unless there is a newer one. */
  recordBackground(key: MemberKey, attempt: Attempt): Promise<void>;
  /** Remembers that the completion at `completedAt` is dealt with; never goes back. */
  recordProcessed(key: MemberKey, completedAt: Instant): Promise<void>;
  /**
   * Leaves a tombstone in the member's place: its guids and `now`, nothing else, for good; `memberId` leads to it no more.
   * False while it has a claim, and for one that is deleted already.
   */
  leaveTombstone(key: MemberKey, memberId: string | null, now: Instant): Promise<boolean>;
  /** Replaces MX's member object by a tombstone: what is stored later is refused. Repeatable. */
  eraseBody(key: MemberKey, deletedAt: Instant): Promise<void>;
}

/** What is remembered of members whose refresh was not started (`unstarted.ts`). Nothing of a member that is deleted. */
export interface Unstarted {
  /** Remembers that MX did not know the member at `now`, unless that is remembered and the member was not read since. */
  recordMissing(key: MemberKey, now: Instant): Promise<void>;
  /** Remembers a refresh that held no claim and did not succeed as last attempt, unless there is a newer one. */
  recordRefused(key: MemberKey, attempt: Attempt): Promise<void>;
  /** Remembers why the member is held back, in place of what was remembered before. */
  recordHeld(key: MemberKey, held: Held): Promise<void>;
}

/** The result of taking a look. */
export type TakenLook =
  | { readonly kind: 'taken'; readonly record: MemberRecord; readonly claim: Claim }
  /** The refresh is no longer the member's claim, or another message took this look or a later one. */
  | { readonly kind: 'superseded' }
  /** Not before `until`: the last look is less than the minimum gap ago, or its taker may still be storing. */
  | { readonly kind: 'too_early'; readonly until: Instant };

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
  /**
   * Remembers what a caller that has joined the refresh calls it: `MAX_JOINED_IDS` of them, each once. Repeatable.
   */
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
  /** Sends the message that erases again. */
  eraseAgain(key: MemberKey, inSeconds: number): Promise<void>;
}

/** One caller's callback: a refresh and the URL to POST its end to. */
export interface Callback {
  /**
   * The same for the same refresh, caller and URL: asking twice gives one callback. Sent as `webhook-id`. `CBK-`,
   * 16 characters that stand for the caller among those of the refresh, and 16 for the URL among the caller's.
   */
  readonly id: string;
  readonly refreshId: string;
  readonly url: string;
}

/** Some of a refresh's callbacks. */
export interface CallbackPage {
  /** In the order of their ids. */
  readonly callbacks: readonly Callback[];
  /** False: none comes after these. */
  readonly hasMore: boolean;
}

/** Where callbacks are stored. Reads are strongly consistent. */
export interface Callbacks {
  /**
   * Repeatable. False: the caller has `most` callbacks for this refresh already, and this is none of them.
   *
   * @param at from when on it is kept for as long as refreshes are.
   */
  put(callback: Callback, most: number, at: Instant): Promise<boolean>;
  /** The first callbacks of `refreshId` whose ids come after `after` (an empty text: all do); `CALLBACKS_PER_PAGE` at most. */
  page(refreshId: string, after: string): Promise<CallbackPage>;
}

/** How many callbacks one page has: ten requests to SQS of ten deliveries each. */
export const CALLBACKS_PER_PAGE = 100;

/** A POST that is to be made, as the queue's message carries it. It holds everything, so its worker reads no table. */
export interface Delivery {
  readonly callbackId: string;
  readonly url: string;
  readonly event: RefreshEnded;
  /** 0 for the first try. */
  readonly attempt: number;
  /** When the first try was booked. */
  readonly since: Instant;
  /** SQS waits for 15 minutes at most: a message that comes before this instant waits again. */
  readonly notBefore: Instant;
}

/** The queue of deliveries. */
export interface Deliveries {
  /** `inSeconds` of any length; SQS makes it 900 at most. */
  send(delivery: Delivery, inSeconds: number): Promise<void>;
  /** All of them at once. Rejects when some were not taken; others may have been sent. */
  sendAll(deliveries: readonly Delivery[]): Promise<void>;
}

/** What is left to tell of the end of a refresh, as a message of the follow-up queue carries it (`notify.ts`). */
export interface Notice {
  readonly refreshId: string;
  /** As in the claim. */
  readonly correlationId: string | null;
  readonly member: MemberKey;
  /** The connection status before the job; null: MX was never read. */
  readonly before: Pick<Baseline, 'connectionStatus'> | null;
  /** Whether the events are left. */
  readonly events: boolean;
  /**
   * The balances that the refresh changed, for their events: a later refresh may have changed them once more by then. Null:
   * there are more than `MAX_CHANGED`, and those count that no later one has changed.
   */
  readonly changed: readonly Pick<ChangedBalance, 'accountGuid' | 'at'>[] | null;
  /** The callbacks whose ids come after this text are left (an empty text: all of them); null: none. */
  readonly callbacksAfter: string | null;
  /** How often in a row nothing could be told. */
  readonly tries: number;
  /** When something was told last, or the refresh ended. */
  readonly since: Instant;
}

/** Notices on the follow-up queue. */
export interface Notices {
  /** `inSeconds` up to 900 (SQS limit). */
  send(notice: Notice, inSeconds: number): Promise<void>;
}

/** The event bus. At least once: the same refresh may be published twice, with the same event id. */
export interface Events {
  publish(event: DomainEvent): Promise<void>;
}

/** The schedule: slots, each member's enrolment, and how far the ticks have come. */
export interface Schedule {
  /**
   * Writes the slot's item, then the member's enrolment, then removes the item of its former slot. Of several at once one
   * is kept: the others count as replaced by it, and remove the items that they have written. `unless_said`: nothing is
   * written for a member with an enrolment or a withdrawal.
   *
   * @throws Failure `member_deleted` when the member is gone, `busy` when other enrolments came in between again and again.
   */
  enrol(key: MemberKey, enrolment: Enrolment, when: 'always' | 'unless_said'): Promise<void>;
  /** The members of a slot, every page. */
  membersOf(slot: string): Promise<readonly EnrolledMember[]>;
  /**
   * Removes an item that its member does not point to; leaves one that it does. An enrolment that has written it and is
   * still under way does not come after this, but is tried again.
   */
  removeStray(enrolled: EnrolledMember): Promise<void>;
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
  readonly members: Members;
  readonly unstarted: Unstarted;
  readonly refreshes: Refreshes;
  readonly followUps: FollowUps;
  readonly balances: Pick<Balances, 'ofMember'>;
  readonly events: Events;
  readonly callbacks: Callbacks;
  readonly deliveries: Deliveries;
  readonly notices: Notices;
  /** Setting: whether `balance.changed` says from what to what. */
  readonly amountsInEvents: boolean;
  readonly policy: Policy;
  readonly now: Clock;
  /** True when `work` is done within so many milliseconds. False: it goes on, and what comes of it is not heard of. */
  readonly within: (milliseconds: number, work: Promise<void>) => Promise<boolean>;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  /** `RFR-` and a ULID of the given instant. */
  readonly newRefreshId: (now: Instant) => string;
}

/** The members table as the domain sees it: what is known of a member, its claim, and what is learnt outside refreshes. */
import type { AttentionChange, TakenAway } from './attention.ts';
import type { ConnectionChange } from './event.ts';
import type { Held } from './held.ts';
import type { Instant } from './instant.ts';
import type { MemberBody, MemberRecord } from './member.ts';
import type { MemberIdentifiers, MemberKey, MxMember } from './mx.ts';
import type { Unanswered } from './progress.ts';
import type { Attempt, Claim, OpenClaim, RunningClaim, SentStart, Start, StartedClaim } from './refresh.ts';
import type { StartMark } from './start-mark.ts';

/** The members: what is known, and the claim. Reads are strongly consistent. */
export interface Members {
  /** The guids behind any identifiers; null when this service has not met that member. */
  resolve(member: MemberIdentifiers): Promise<MemberKey | null>;
  read(key: MemberKey): Promise<MemberRecord | null>;
  /** MX's member object as last stored; null when none is, or the member was deleted. `memberView` is what may be shown. */
  readBody(key: MemberKey): Promise<MemberBody | null>;
  /** Whether everything of the user was erased on request: no member of it may become known. */
  isUserErased(userGuid: string): Promise<boolean>;
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
  /**
   * Notes that MX has asked for no POST before `notBefore` where the refresh that had sent one is over: an erasing has ended it
   * meanwhile, and may crash before its tombstone. Not of a deleted member, and never an earlier time than is noted.
   */
  putOffStarts(key: MemberKey, notBefore: Instant): Promise<void>;
  /** Takes back what was written before a POST that was certainly not sent. False when a later one has been recorded since. */
  takeBackStart(unsent: Unsent): Promise<boolean>;
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
  /**
   * Open claims of one part of their index, oldest first: those accepted by `before` that come behind `after`. Its cost does
   * not depend on history. A page can be empty and not be the last. The index, and what is read of a claim here, may be a
   * moment old: read the member before anything is done.
   */
  openPage(shard: number, before: Instant, after: OpenCursor | null): Promise<OpenPage>;
}

/** Parts of the index of open claims, numbered from 0: enough for thousands of claims a second, few enough to read every minute. */
export const OPEN_SHARDS = 4;

/** A place among the open claims of a part. */
export interface OpenCursor {
  readonly member: MemberKey;
  readonly acceptedAt: Instant;
}

/** An open claim, and where it stands. Null: the member has none any more. `unreadable`: reading the member says why. */
export interface ListedClaim extends OpenCursor {
  readonly claim: Claim | 'unreadable' | null;
}

/** Some open claims. */
export interface OpenPage {
  readonly listed: readonly ListedClaim[];
  /** Null: nothing comes behind them. */
  readonly next: OpenCursor | null;
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

/** The result of taking a look. */
export type TakenLook =
  | { readonly kind: 'taken'; readonly record: MemberRecord; readonly claim: Claim }
  /** The refresh is no longer the member's claim, or another message took this look or a later one. */
  | { readonly kind: 'superseded' }
  /** Not before `until`: the last look is less than the minimum gap ago, or its taker may still be storing. */
  | { readonly kind: 'too_early'; readonly until: Instant };

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

/** A POST that was certainly not sent. */
export interface Unsent {
  readonly key: MemberKey;
  readonly refreshId: string;
  /** When it was to be sent, as was written. */
  readonly at: Instant;
  /** What was known of the newest POST before it. */
  readonly start: Start;
  /** The member's starts without it. */
  readonly starts: readonly StartMark[];
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
  /** What the end makes of what the member waits for. @default 'as_it_is' */
  readonly attention?: AttentionChange;
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
   *
   * @param over takes that away, unless what the member waits for was found later than `readAt`, or the hold is of a later turn.
   * @default nothing
   */
  recordSighting(
    member: MxMember,
    readAt: Instant,
    change: ConnectionChange | null,
    over?: TakenAway,
  ): Promise<boolean>;
  /** Forgets a change that has been told. */
  settleChange(key: MemberKey, change: ConnectionChange): Promise<void>;
  /**
   * Remembers a refresh that held no claim as last attempt and last success, each unless there is a newer one. With the
   * latter the member waits for no person any more, unless that was found after the balances were observed.
   */
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
  /**
   * Remembers a refresh that held no claim and did not succeed as last attempt, unless there is a newer one; and what the
   * member waits for by it, unless that was found later.
   */
  recordRefused(key: MemberKey, attempt: Attempt, attention?: AttentionChange): Promise<void>;
  /**
   * Remembers why the member is held back, in place of what was remembered before. What it waits for by it is remembered
   * unless a refresh runs, or anything about the member was found later than `attention.asOf`.
   */
  recordHeld(key: MemberKey, held: Held, attention?: AttentionChange): Promise<void>;
}

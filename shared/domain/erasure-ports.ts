/** Erasing what is stored of a person on request, as the domain sees it: what is asked for, its receipt, and what does it. */
import type { FailureCode } from './failure.ts';
import type { Instant } from './instant.ts';
import type { MemberIdentifiers, MemberKey } from './mx.ts';

/** What is deleted at MX too: nothing, the members that are known here, or also MX's user with all that MX has of it. */
export type AtMx = 'nothing' | 'members' | 'user';

/** Whose data are erased. */
export interface Subject {
  readonly userGuid: string;
  /** Null: everything of the user. */
  readonly memberGuid: string | null;
}

/** What was asked for. */
export interface ErasureOrder extends Subject {
  /** `ERS-…`, the same for the same subject and `atMx`. */
  readonly erasureId: string;
  readonly atMx: AtMx;
  readonly requestedAt: Instant;
}

/** How much was found and deleted. A crash right after a deletion may lose it from the count; nothing is counted twice. */
export interface Erased {
  readonly members: number;
  readonly accounts: number;
  /** Rows of the history of accounts. */
  readonly formerAmounts: number;
  readonly refreshes: number;
  readonly membersAtMx: number;
  readonly usersAtMx: number;
}

/** Nothing yet. */
export const nothingErased: Erased = {
  members: 0,
  accounts: 0,
  formerAmounts: 0,
  refreshes: 0,
  membersAtMx: 0,
  usersAtMx: 0,
};

/** What is known of an erasing. */
export interface Receipt extends ErasureOrder {
  readonly erased: Erased;
  /** Null: it is under way. */
  readonly doneAt: Instant | null;
  /** Why the last try did not get on; null: it did. */
  readonly waitsFor: { readonly code: FailureCode; readonly since: Instant } | null;
}

/** How long a receipt is kept once it is done: a day longer than the tables' backups, which a restore would bring back. */
export const RECEIPT_DAYS = 36;

/** The receipts, in a table of their own, which a restore of the others leaves as it is. */
export interface Receipts {
  /** Writes the receipt, unless there is one, and gives the one that there is then. */
  begin(order: ErasureOrder): Promise<Receipt>;
  read(erasureId: string): Promise<Receipt | null>;
  /** Adds what was erased; it gets on. */
  add(erasureId: string, erased: Erased): Promise<void>;
  /** Remembers why it does not get on, with the instant since when. */
  recordFailure(erasureId: string, code: FailureCode, at: Instant): Promise<void>;
  finish(erasureId: string, doneAt: Instant): Promise<void>;
  /** Remembers that an own id has led to a guid, as a keyed hash, so that a repeated request still finds its receipt. */
  rememberName(name: string, guid: string, at: Instant): Promise<void>;
  /** The guid that an own id has led to; null: not known. */
  guidOf(name: string): Promise<string | null>;
}

/** How far an erasing has come: the message that goes on with it. */
export interface ErasureWork {
  readonly order: ErasureOrder;
  /** 1 for the first; a later one finds what was written, or not yet listed, during the one before. */
  readonly round: number;
  /** The last member of this round that is dealt with; null: none. */
  readonly after: string | null;
  /** Whether this round has found anything. */
  readonly hasFound: boolean;
  /** The user's own ids, also those from before they stood in the user's partition. In messages only: no receipt has them. */
  readonly userIds: readonly string[];
  /** Failures in a row. */
  readonly tries: number;
  /** After a restore: also what a finished receipt says to be erased. */
  readonly isRestored: boolean;
}

/** The beginning of an erasing. */
export const firstWork = (order: ErasureOrder, userIds: readonly string[]): ErasureWork => ({
  ...{ order, round: 1, after: null, hasFound: false, userIds, tries: 0, isRestored: false },
});

/** The queue of erasings: messages of the follow-up queue. */
export interface ErasureQueue {
  send(work: ErasureWork, inSeconds: number): Promise<void>;
}

/** How many items were deleted, and whether none is left. */
export interface ErasedItems {
  readonly erased: number;
  readonly isAll: boolean;
}

/** What is stored of a user, to be found and deleted. Its reads are strongly consistent but for the index of refreshes. */
export interface StoredData {
  /** Guids of all members that anything is stored of, deleted ones too, in ascending order. */
  membersOf(userGuid: string): Promise<readonly string[]>;
  /** The user's own ids, as far as MX's stored member objects tell them. */
  userIdsOf(userGuid: string): Promise<readonly string[]>;
  /** Leaves the user's tombstone, after which no member of it becomes known. Repeatable; the first instant stays. */
  leaveUserTombstone(userGuid: string, at: Instant): Promise<void>;
  /** Deletes the items that lead from own ids to the subject. */
  eraseNames(subject: Subject, userIds: readonly string[]): Promise<number>;
  /** Deletes the member's refreshes with their callbacks, until `isLate`. The index that finds them lags. */
  eraseRefreshes(key: MemberKey, isLate: () => boolean): Promise<ErasedItems>;
}

/** Deleting at MX. What MX does not have (any more) is `gone`: both are repeatable. */
export interface MxDeletion {
  deleteMember(member: MemberIdentifiers): Promise<'deleted' | 'gone'>;
  deleteUser(userIdentifier: string): Promise<'deleted' | 'gone'>;
}

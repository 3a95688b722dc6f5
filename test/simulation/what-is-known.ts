/** What is known from outside about one history: refreshes, POSTs and reads as they really went. */
import type { StoredBalance } from '../../shared/domain/balance.ts';
import type { DomainEvent } from '../../shared/domain/event.ts';
import type { Instant } from '../../shared/domain/instant.ts';
import type { MemberBody, MemberRecord } from '../../shared/domain/member.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import type { Policy } from '../../shared/domain/policy.ts';
import type { Claim, EndedClaim, Trigger } from '../../shared/domain/refresh.ts';
import type { Unrecorded } from '../fakes/working-item.ts';
import type { FormerAmountsTruth, HistoryObserved } from './former-amounts.ts';
import type { Invocation } from './invocations.ts';

/** One look or trigger's read of the member, as MX answered it. */
export interface MemberSeen {
  readonly at: number;
  readonly status: string | null;
  readonly needsUpdatedCredentials: boolean;
  /** Guid and start of the newest job, as shown. */
  readonly newestJob: string;
  /** Its start alone, by MX's clock. */
  readonly aggregatedAt: Instant | null;
  /** Jobs of the member that had ended, shown by the answer or not. */
  readonly jobsEnded: number;
}

/** A refresh as it really went. */
export interface RefreshTruth {
  readonly refreshId: string;
  readonly member: MemberKey;
  readonly trigger: Trigger;
  readonly claimedAt: number;
  readonly deadline: Instant;
  /** What its baseline was read from; null when MX was down. */
  readonly baseline: MemberSeen | null;
  readonly posts: PostTruth[];
  /** When the answers were sent with whose job it began; null: it began otherwise. */
  readonly answeredAt: number | null;
  /** When one of its follow-ups last read the member. */
  lastReadAt: number;
  /** How often they did since the newest job had begun, as far as MX showed it. */
  reads: number;
  newestJob: string;
  /** The first and the last start later than the baseline's that MX has shown, by MX's clock. */
  jobs: { readonly first: Instant; readonly last: Instant } | null;
  /** The claim as last written. */
  claim: Claim;
  /** What it knew, while it was open, of its job's beginning. */
  jobAggregatedAt: Instant | null;
  result: EndedClaim['result'] | null;
  endedAt: number | null;
  jobsAtEnd: number;
  released: boolean;
  /** Balances that it had written, or changed before another refresh wrote them, could be seen at its end. */
  leftBalances: boolean;
  /** When MX had last imported the account that it had not imported for longest, as listed when they were stored. */
  oldestImport: number;
  /** The accounts that it stored, as they were written. */
  readonly stored: StoredTruth[];
}

/** One account, and what MX had said of it and of its siblings when it was written. */
export interface StoredTruth {
  readonly balance: StoredBalance;
  readonly importedAt: Instant | null;
  readonly imports: readonly Instant[];
  readonly jobs: RefreshTruth['jobs'];
  /** What the claim knew of the job's start, and the member of its imports. */
  readonly jobAggregatedAt: Instant | null;
  readonly importsMove: boolean;
}

/** A POST that reached MX. */
export interface PostTruth {
  /** When the function sent it; MX may have got to it later. */
  readonly sentAt: number;
  readonly at: number;
  readonly status: number;
}

/** A POST and its answer, as MX gave it. */
export interface PostSeen {
  readonly sentAt: number;
  readonly status: number;
  /** The start of the newest job in it. */
  readonly aggregatedAt: Instant | null;
}

/** The accounts as MX listed them at one moment: guid, balance as text. */
export interface Listing {
  readonly at: number;
  readonly balances: ReadonlyMap<string, string | null>;
  /** By MX's clock; accounts without a time are missing. */
  readonly imports: ReadonlyMap<string, Instant>;
  /** By our clock. */
  readonly oldestImport: number;
}

/** What an observer needs to see. */
export interface Observed extends HistoryObserved {
  readonly policy: Policy;
  readonly record: (key: MemberKey) => MemberRecord | null;
  /** MX's member object as stored; null: it is erased; undefined: none was stored yet. */
  readonly body: (key: MemberKey) => MemberBody | null | undefined;
  readonly unrecorded: (key: MemberKey) => Unrecorded;
  /** When a read outside a refresh was last reserved. */
  readonly reservedRead: (key: MemberKey) => Instant | null;
  readonly members: readonly MemberKey[];
  readonly published: readonly DomainEvent[];
  /** Whether a notice is on its way that will publish the refresh's end. */
  readonly hasNotice: (refreshId: string) => boolean;
  /** Whether the refresh's projection has ended. */
  readonly projectionEnded: (refreshId: string) => boolean;
  readonly jobsEnded: (key: MemberKey) => number;
  /** Whether the member's schedule has quiet hours then, in epoch milliseconds. */
  readonly isQuiet: (key: MemberKey, at: number) => boolean;
  /** Told when a claim moves to storing. */
  readonly storing: () => void;
  /** Told when a refresh has ended and is not yet released. */
  readonly ended: (trigger: Trigger) => void;
}

/** The observer of one history. */
export interface Truth {
  readonly refreshes: ReadonlyMap<string, RefreshTruth>;
  /** Refresh ids of messages that were sent. */
  readonly sent: Set<string>;
  /** When each member was deleted. */
  readonly deletedAt: ReadonlyMap<string, number>;
  /** When balances were last erased; 0 for never. */
  readonly erasedAt: () => number;
  readonly checkFormerAmounts: FormerAmountsTruth['check'];
  /** After an effect of `name`. @throws Violation */
  effect(invocation: Invocation, name: string): void;
  memberRead(invocation: Invocation, key: MemberKey, seen: MemberSeen): void;
  /** A POST is on its way. */
  posting(invocation: Invocation, key: MemberKey): void;
  /** A POST was refused, and MX said how long to wait with the next one. */
  putOff(invocation: Invocation, key: MemberKey, seconds: number): void;
  /** A function was answered that MX does not know the member. */
  missed(key: MemberKey): void;
  accountsListed(invocation: Invocation, key: MemberKey, listing: Listing): void;
  /** Answers of the user's have reached MX. @throws Violation when the same call has sent them before. */
  answered(invocation: Invocation, key: MemberKey, sentAt: number): void;
  /** @throws Violation */
  posted(invocation: Invocation, key: MemberKey, post: PostSeen): void;
}

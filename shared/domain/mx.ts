/** What MX says, in the words that this service needs. `mx-readers.ts` turns MX's JSON into them. */
import type { Decimal, ExactObject } from './decimal.ts';
import type { Instant } from './instant.ts';
import type { AccountField } from './mx-fields.ts';

/** A user and a member as the caller names them: MX's guids or the caller's own ids (MX facts 1, "Identifiers"). */
export interface MemberIdentifiers {
  readonly userIdentifier: string;
  readonly memberIdentifier: string;
}

/** A member by MX's guids: the key of everything stored. */
export interface MemberKey {
  readonly userGuid: string;
  readonly memberGuid: string;
}

/** The member's `error` object (MX facts 3.5): `{}`, null and missing are no error. */
export interface MemberError {
  /** An integer or a word at MX; here always text. */
  readonly code: string | null;
  readonly message: string | null;
  /** MX's text for the end user. */
  readonly userMessage: string | null;
}

/** A member as one look sees it. */
export interface MxMember {
  readonly key: MemberKey;
  /** The caller's own ids, when there are any. */
  readonly userId: string | null;
  readonly memberId: string | null;
  readonly institutionCode: string | null;
  /** One of the 22 statuses, `null`, or one that MX has added since. */
  readonly connectionStatus: string | null;
  readonly connectionStatusMessage: string | null;
  readonly isBeingAggregated: boolean;
  readonly mostRecentJobGuid: string | null;
  /** START of the newest job of any kind (MX facts 0.6). */
  readonly aggregatedAt: Instant | null;
  readonly successfullyAggregatedAt: Instant | null;
  readonly needsUpdatedCredentials: boolean;
  readonly error: MemberError | null;
  /** MX's own fields after the rules of `mx-fields.ts`: what is stored and answered. */
  readonly body: ExactObject;
  /** MX's clock when it answered: the `Date` of its answer (RFC 9110, 6.6.1), in whole seconds. Null: it sent none. */
  readonly answeredAt: Instant | null;
  /** Fields of the member that are not kept as MX sent them. */
  readonly oddFields: readonly OddField[];
}

/** A question that the end user has to answer. */
export interface Challenge {
  readonly guid: string | null;
  readonly label: string | null;
  readonly type: string | null;
  readonly fieldName: string | null;
  readonly options: readonly ChallengeOption[];
  /** The image that the question is about, as MX sends it. */
  readonly imageData: string | null;
  /** Images to choose from; `dataUri` as MX sends it. */
  readonly imageOptions: readonly (ChallengeOption & { readonly dataUri: string | null })[];
}

/** An answer that MX offers. */
export interface ChallengeOption {
  readonly guid: string | null;
  readonly label: string | null;
  readonly value: string | null;
}

/** The user's answer to a question. It is sent to MX and nowhere else: no log, record, message or error has it. */
export interface ChallengeAnswer {
  /** Of the challenge. */
  readonly guid: string;
  readonly value: string;
}

/** A value of an account field. */
export type FieldValue = string | boolean | Decimal | null;

/** One account as MX listed it. A field that MX did not send is absent; one that MX sent as null is null. */
export interface MxAccount {
  readonly guid: string;
  readonly fields: Readonly<Partial<Record<AccountField, FieldValue>>>;
  /** Fields that `mx-fields.ts` does not know (MX adds some without notice, MX facts 1, "Versions"). */
  readonly unknownFields: Readonly<Record<string, FieldValue>>;
  /** Fields that are not kept as MX sent them. Counted and logged by name, never with values. */
  readonly oddFields: readonly OddField[];
  /**
   * An amount of it is neither a number nor null. What MX says of the account is not known then: nothing of it is stored,
   * the other accounts of its member are.
   */
  readonly isUnreadable: boolean;
}

/**
 * A field that is not kept as MX sent it. `unknown`: `mx-fields.ts` does not have it. `unreadable`: its value is not of
 * the field's type. `too_long`: its text is longer than `MAX_TEXT_BYTES`.
 */
export interface OddField {
  /** At most 64 characters: MX's names are shorter, and what stands there instead must not fill a log. */
  readonly name: string;
  readonly why: 'unknown' | 'unreadable' | 'too_long';
}

/** One page of `{ "accounts": [...], "pagination": {...} }`. */
export interface AccountsPage {
  readonly accounts: readonly MxAccount[];
  readonly totalPages: number;
  readonly totalEntries: number;
}

/** Receipts of erasings, as the API tells of them. */
import { countIn, listIn, objectIn, objectOf, textIn, textOrNullIn } from './answer-fields.ts';
import type { Json, JsonObject } from './exact-json.ts';
import { unexpectedAnswer } from './problem.ts';

/**
 * What is deleted at MX, too: nothing, the members that the service knows, or MX's user with everything that MX has of it.
 * Nothing of that can be taken back.
 */
export type ErasedAtMx = boolean | 'user';

/** An erasing that was asked for, and how far it is. */
export interface Erasure {
  /** The same for the same user, member and `atMx`. */
  readonly erasureId: string;
  readonly userGuid: string;
  /** Null: everything of the user. */
  readonly memberGuid: string | null;
  readonly atMx: ErasedAtMx;
  readonly status: 'running' | 'done';
  readonly requestedAt: string;
  /** When a whole round had found nothing any more; null: it goes on. */
  readonly doneAt: string | null;
  /** Why the last try did not get on, by a problem's code, and since when; null: it does. */
  readonly waitsFor: { readonly code: string; readonly since: string } | null;
  /** What was found and deleted, at least: a crash may lose some of it from the count. */
  readonly erased: {
    readonly members: number;
    readonly accounts: number;
    readonly formerAmounts: number;
    readonly refreshes: number;
    readonly membersAtMx: number;
    readonly usersAtMx: number;
  };
  /** What an erasing does not reach. `until` null: it stays, or that is known when the erasing is done. */
  readonly remains: readonly { readonly what: string; readonly until: string | null }[];
}

/** Reads a receipt. @throws BalancesProblem `unexpected_answer` that names the field. */
export function erasureFrom(value: Json): Erasure {
  const receipt = objectOf(value);
  const erased = objectIn(receipt, 'erased');
  const doneAt = textOrNullIn(receipt, 'done_at');
  return {
    erasureId: textIn(receipt, 'id'),
    userGuid: textIn(receipt, 'user_guid'),
    memberGuid: textOrNullIn(receipt, 'member_guid'),
    atMx: atMxIn(receipt),
    status: doneAt === null ? 'running' : 'done',
    requestedAt: textIn(receipt, 'requested_at'),
    doneAt,
    waitsFor: waitsForIn(receipt),
    erased: {
      members: countIn(erased, 'members'),
      accounts: countIn(erased, 'accounts'),
      formerAmounts: countIn(erased, 'former_amounts'),
      refreshes: countIn(erased, 'refreshes'),
      membersAtMx: countIn(erased, 'members_at_mx'),
      usersAtMx: countIn(erased, 'users_at_mx'),
    },
    remains: listIn(receipt, 'remains').map((part) => ({
      what: textIn(objectOf(part), 'what'),
      until: textOrNullIn(objectOf(part), 'until'),
    })),
  };
}

function atMxIn(receipt: JsonObject): ErasedAtMx {
  const text = textIn(receipt, 'at_mx');
  if (text === 'user') return text;
  if (text === 'true' || text === 'false') return text === 'true';
  throw unexpectedAnswer(null, 'at_mx in the answer is not a word that this version of the client knows');
}

function waitsForIn(receipt: JsonObject): Erasure['waitsFor'] {
  if ((receipt['waits_for'] ?? null) === null) return null;
  const waits = objectIn(receipt, 'waits_for');
  return { code: textIn(waits, 'code'), since: textIn(waits, 'since') };
}

/** Members that wait for a person, as the API tells of them. */
import { countIn, flagIn, objectOf, textIn, textOrNullIn, wordIn } from './answer-fields.ts';
import type { Json } from './exact-json.ts';
import { type AttentionAction, isAttentionAction } from './vocabulary.ts';

/** A member whose next move is its user's or support's. */
export interface WaitingMember {
  readonly userGuid: string;
  readonly memberGuid: string;
  readonly action: AttentionAction;
  /** Since when it waits for this action. */
  readonly since: string;
  /** Why, by the newest refresh that said so: `docs/outcomes.md` of the service. Null: the service does not know this code. */
  readonly code: string | null;
  /** The same as a sentence. */
  readonly message: string | null;
  /** MX's; null: not known. */
  readonly institutionCode: string | null;
  /** When a refresh of it last ended; null: none has. */
  readonly lastAttemptAt: string | null;
  /** When its balances were last observed; null: never. */
  readonly lastSuccessAt: string | null;
}

/** How many members wait for one action. */
export interface WaitingCount {
  readonly action: AttentionAction;
  readonly members: number;
  /** False: there are more; they were not counted to the end. */
  readonly isAll: boolean;
  /** Since when the first of them waits; null: none does. */
  readonly oldestSince: string | null;
}

/** Reads a member that waits. @throws BalancesProblem `unexpected_answer` that names the field. */
export function waitingMemberFrom(value: Json): WaitingMember {
  const member = objectOf(value);
  return {
    userGuid: textIn(member, 'user_guid'),
    memberGuid: textIn(member, 'member_guid'),
    action: wordIn(member, 'action', isAttentionAction),
    since: textIn(member, 'since'),
    code: textOrNullIn(member, 'code'),
    message: textOrNullIn(member, 'message'),
    institutionCode: textOrNullIn(member, 'institution_code'),
    lastAttemptAt: textOrNullIn(member, 'last_attempt_at'),
    lastSuccessAt: textOrNullIn(member, 'last_success_at'),
  };
}

/** Reads a count. @throws BalancesProblem `unexpected_answer` that names the field. */
export function waitingCountFrom(value: Json): WaitingCount {
  const counted = objectOf(value);
  return {
    action: wordIn(counted, 'action', isAttentionAction),
    members: countIn(counted, 'members'),
    isAll: flagIn(counted, 'is_all'),
    oldestSince: textOrNullIn(counted, 'oldest_since'),
  };
}

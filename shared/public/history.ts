/** An account's history as the API tells it. */
import { decimalOrNullIn, flagIn, textIn, textOrNullIn } from './answer-fields.ts';
import { type DecimalText, isJsonObject, type Json } from './exact-json.ts';
import { unexpectedAnswer } from './problem.ts';

/**
 * Amounts of an account, for as long as they were the same. An amount that MX did not give is null, which is not zero.
 * Instants are RFC 3339 in UTC, always 24 characters.
 */
export interface AccountAmounts {
  /** They are the account's stored amounts; others were not seen since. */
  readonly isCurrent: boolean;
  readonly balance: DecimalText | null;
  readonly availableBalance: DecimalText | null;
  readonly availableCredit: DecimalText | null;
  /** As it was last seen with these amounts. */
  readonly currencyCode: string | null;
  /** When these amounts were first seen. */
  readonly amountsSince: string;
  /** The `amountsSince` of the amounts before these; null: there were none, or they were not kept. */
  readonly previousSince: string | null;
  /** When these amounts were last seen, and by which refresh. */
  readonly observedAt: string;
  readonly refreshId: string;
}

/** Reads an entry of a history. @throws BalancesProblem `unexpected_answer` that names the field. */
export function amountsFrom(value: Json): AccountAmounts {
  if (!isJsonObject(value)) throw unexpectedAnswer(null, 'an entry of the history is not an object');
  return {
    isCurrent: flagIn(value, 'current'),
    balance: decimalOrNullIn(value, 'balance'),
    availableBalance: decimalOrNullIn(value, 'available_balance'),
    availableCredit: decimalOrNullIn(value, 'available_credit'),
    currencyCode: textOrNullIn(value, 'currency_code'),
    amountsSince: textIn(value, 'amounts_since'),
    previousSince: textOrNullIn(value, 'previous_since'),
    observedAt: textIn(value, 'observed_at'),
    refreshId: textIn(value, 'refresh_id'),
  };
}

/** MX facts 4.1: all 58 fields of an account and how each is written. A `decimal` is kept as text, digit by digit. */
export const ACCOUNT_FIELDS = {
  account_number: 'text',
  account_ownership: 'text',
  annuity_policy_to_date: 'text',
  annuity_provider: 'text',
  annuity_term_year: 'integer',
  apr: 'decimal',
  apy: 'decimal',
  available_balance: 'decimal',
  available_credit: 'decimal',
  balance: 'decimal',
  cash_balance: 'decimal',
  cash_surrender_value: 'decimal',
  created_at: 'text',
  credit_limit: 'decimal',
  currency_code: 'text',
  day_payment_is_due: 'integer',
  death_benefit: 'integer',
  federal_insurance_status: 'text',
  guid: 'text',
  id: 'text',
  imported_at: 'text',
  institution_code: 'text',
  insured_name: 'text',
  interest_rate: 'decimal',
  is_closed: 'flag',
  is_hidden: 'flag',
  is_manual: 'flag',
  last_payment: 'decimal',
  last_payment_at: 'text',
  loan_amount: 'decimal',
  margin_balance: 'decimal',
  matures_on: 'text',
  member_guid: 'text',
  member_id: 'text',
  member_is_managed_by_user: 'flag',
  metadata: 'text',
  minimum_balance: 'decimal',
  minimum_payment: 'decimal',
  name: 'text',
  nickname: 'text',
  original_balance: 'decimal',
  pay_out_amount: 'decimal',
  payment_due_at: 'text',
  payoff_balance: 'decimal',
  premium_amount: 'decimal',
  property_type: 'text',
  routing_number: 'text',
  started_on: 'text',
  statement_balance: 'decimal',
  subtype: 'text',
  today_ugl_amount: 'decimal',
  today_ugl_percentage: 'decimal',
  total_account_value: 'decimal',
  total_account_value_ugl: 'decimal',
  type: 'text',
  updated_at: 'text',
  user_guid: 'text',
  user_id: 'text',
} as const;

/** Name of a field of an account. */
export type AccountField = keyof typeof ACCOUNT_FIELDS;

/** Decimals and texts are strings, integers numbers, flags booleans; a field that is absent here is null in MX's JSON. */
export type AccountValues = Partial<Record<AccountField, string | number | boolean | null>>;

const DECIMAL = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** True for the name of one of the 58 fields. */
export const isAccountField = (name: string): name is AccountField => Object.hasOwn(ACCOUNT_FIELDS, name);

/** Name, text before the value, and text of the field when it is null: written millions of times in a simulation. */
const FIELDS = Object.keys(ACCOUNT_FIELDS)
  .filter(isAccountField)
  .map((name) => ({
    name,
    before: `,"${name}":`,
    empty: `,"${name}":null`,
    isVerbatim: ACCOUNT_FIELDS[name] === 'decimal',
  }));

/**
 * Checks values that came from outside and brings decimals into text.
 * @throws Error with a sentence that names the field.
 */
export function readAccountValues(given: Readonly<Record<string, unknown>>): AccountValues {
  const values: AccountValues = {};
  for (const [name, value] of Object.entries(given)) {
    if (!isAccountField(name))
      throw new Error(`An account has no field ${name}; put fields that MX may add in "extra".`);
    values[name] = readValue(name, value);
  }
  return values;
}

function readValue(name: AccountField, value: unknown): string | number | boolean | null {
  if (value === null) return null;
  switch (ACCOUNT_FIELDS[name]) {
    case 'decimal': {
      const text = typeof value === 'number' ? String(value) : value;
      if (typeof text === 'string' && DECIMAL.test(text)) return text;
      throw new Error(`${name} has to be a decimal number, best as a text such as "1000.50", or null.`);
    }
    case 'integer':
      if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
      throw new Error(`${name} has to be a whole number or null.`);
    case 'flag':
      if (typeof value === 'boolean') return value;
      throw new Error(`${name} has to be true, false or null.`);
    default:
      if (typeof value === 'string') return value;
      throw new Error(`${name} has to be a text or null.`);
  }
}

/** The account as JSON text: all 58 fields but the omitted, decimals with exactly the digits that were set. */
export function writeAccount(
  values: AccountValues,
  omit: ReadonlySet<string>,
  extra: Readonly<Record<string, unknown>>,
): string {
  let text = '';
  for (const { name, before, empty, isVerbatim } of FIELDS) {
    if (omit.size > 0 && omit.has(name)) continue;
    const value = values[name];
    if (value === undefined || value === null) text += empty;
    else text += before + (isVerbatim ? value : JSON.stringify(value));
  }
  for (const [name, value] of Object.entries(extra)) text += `,${JSON.stringify(name)}:${JSON.stringify(value)}`;
  return `{${text.slice(1)}}`;
}

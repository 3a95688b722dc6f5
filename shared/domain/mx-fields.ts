/**
 * Every field of MX's account (58) and member (24), version v20250224 (MX facts 4.1, 4.2), and what happens to each.
 * The one place to change when MX adds a field or an operator must not keep one.
 */

/**
 * How a value is read. MX marks hardly anything as required, so every field may be missing or null (MX facts 4).
 * `amount`: a number that the product is about; an account with one that cannot be read keeps what is stored of it.
 * `number`, `text`, `flag`: of that type, else dropped and counted. `scalar`: MX's documents disagree on the type, any
 * plain value is kept. `json`: kept as it is.
 */
export type FieldType = 'amount' | 'number' | 'text' | 'flag' | 'scalar' | 'json';

/**
 * `keep`: stored and returned. `mask`: last four characters only, unless the setting `keepAccountNumbers` is on.
 * `drop`: never stored.
 */
export type Treatment = 'keep' | 'mask' | 'drop';

interface Field {
  readonly type: FieldType;
  readonly treatment: Treatment;
}

interface AccountFieldRules extends Field {
  /**
   * Whether MX may answer null (MX facts 4.1). Answers in MX's shape hold null for such a field when nothing is known,
   * and leave the others out.
   */
  readonly nullable: boolean;
}

/** MX's account. `guid` is marked nullable by MX; an account without one cannot be stored and is refused. */
export const accountFields = {
  account_number: { type: 'text', treatment: 'mask', nullable: true },
  account_ownership: { type: 'text', treatment: 'keep', nullable: true },
  annuity_policy_to_date: { type: 'text', treatment: 'keep', nullable: true },
  annuity_provider: { type: 'text', treatment: 'keep', nullable: true },
  annuity_term_year: { type: 'number', treatment: 'keep', nullable: true },
  apr: { type: 'number', treatment: 'keep', nullable: true },
  apy: { type: 'number', treatment: 'keep', nullable: true },
  available_balance: { type: 'amount', treatment: 'keep', nullable: true },
  available_credit: { type: 'amount', treatment: 'keep', nullable: true },
  balance: { type: 'amount', treatment: 'keep', nullable: true },
  cash_balance: { type: 'number', treatment: 'keep', nullable: true },
  cash_surrender_value: { type: 'number', treatment: 'keep', nullable: true },
  created_at: { type: 'text', treatment: 'keep', nullable: false },
  credit_limit: { type: 'number', treatment: 'keep', nullable: true },
  currency_code: { type: 'text', treatment: 'keep', nullable: true },
  day_payment_is_due: { type: 'number', treatment: 'keep', nullable: true },
  death_benefit: { type: 'number', treatment: 'keep', nullable: true },
  federal_insurance_status: { type: 'scalar', treatment: 'keep', nullable: true },
  guid: { type: 'text', treatment: 'keep', nullable: true },
  id: { type: 'text', treatment: 'keep', nullable: true },
  imported_at: { type: 'text', treatment: 'keep', nullable: true },
  interest_rate: { type: 'number', treatment: 'keep', nullable: true },
  institution_code: { type: 'text', treatment: 'keep', nullable: true },
  insured_name: { type: 'text', treatment: 'keep', nullable: true },
  is_closed: { type: 'flag', treatment: 'keep', nullable: false },
  is_hidden: { type: 'flag', treatment: 'keep', nullable: true },
  is_manual: { type: 'flag', treatment: 'keep', nullable: true },
  last_payment: { type: 'number', treatment: 'keep', nullable: true },
  last_payment_at: { type: 'text', treatment: 'keep', nullable: true },
  loan_amount: { type: 'number', treatment: 'keep', nullable: true },
  margin_balance: { type: 'number', treatment: 'keep', nullable: true },
  matures_on: { type: 'text', treatment: 'keep', nullable: true },
  member_guid: { type: 'text', treatment: 'keep', nullable: true },
  member_id: { type: 'text', treatment: 'keep', nullable: true },
  member_is_managed_by_user: { type: 'flag', treatment: 'keep', nullable: true },
  metadata: { type: 'text', treatment: 'keep', nullable: true },
  minimum_balance: { type: 'number', treatment: 'keep', nullable: true },
  minimum_payment: { type: 'number', treatment: 'keep', nullable: true },
  name: { type: 'text', treatment: 'keep', nullable: true },
  nickname: { type: 'text', treatment: 'keep', nullable: true },
  original_balance: { type: 'number', treatment: 'keep', nullable: true },
  pay_out_amount: { type: 'number', treatment: 'keep', nullable: true },
  payment_due_at: { type: 'text', treatment: 'keep', nullable: true },
  payoff_balance: { type: 'number', treatment: 'keep', nullable: true },
  premium_amount: { type: 'number', treatment: 'keep', nullable: true },
  property_type: { type: 'text', treatment: 'keep', nullable: true },
  routing_number: { type: 'text', treatment: 'keep', nullable: true },
  started_on: { type: 'text', treatment: 'keep', nullable: true },
  statement_balance: { type: 'number', treatment: 'keep', nullable: true },
  subtype: { type: 'text', treatment: 'keep', nullable: true },
  today_ugl_amount: { type: 'number', treatment: 'keep', nullable: true },
  today_ugl_percentage: { type: 'number', treatment: 'keep', nullable: true },
  total_account_value: { type: 'number', treatment: 'keep', nullable: true },
  total_account_value_ugl: { type: 'number', treatment: 'keep', nullable: true },
  type: { type: 'text', treatment: 'keep', nullable: true },
  updated_at: { type: 'text', treatment: 'keep', nullable: true },
  user_guid: { type: 'text', treatment: 'keep', nullable: true },
  user_id: { type: 'text', treatment: 'keep', nullable: true },
} as const satisfies Record<string, AccountFieldRules>;

/** MX's member. `oauth_window_uri` carries OAuth state and is dropped. */
export const memberFields = {
  aggregated_at: { type: 'text', treatment: 'keep' },
  background_aggregation_is_disabled: { type: 'flag', treatment: 'keep' },
  connection_status: { type: 'text', treatment: 'keep' },
  connection_status_message: { type: 'text', treatment: 'keep' },
  error: { type: 'json', treatment: 'keep' },
  guid: { type: 'text', treatment: 'keep' },
  id: { type: 'text', treatment: 'keep' },
  institution_code: { type: 'text', treatment: 'keep' },
  institution_guid: { type: 'text', treatment: 'keep' },
  is_being_aggregated: { type: 'flag', treatment: 'keep' },
  is_managed_by_user: { type: 'flag', treatment: 'keep' },
  is_manual: { type: 'flag', treatment: 'keep' },
  is_oauth: { type: 'flag', treatment: 'keep' },
  metadata: { type: 'text', treatment: 'keep' },
  most_recent_job_detail_code: { type: 'scalar', treatment: 'keep' },
  most_recent_job_detail_text: { type: 'scalar', treatment: 'keep' },
  most_recent_job_guid: { type: 'text', treatment: 'keep' },
  name: { type: 'text', treatment: 'keep' },
  needs_updated_credentials: { type: 'flag', treatment: 'keep' },
  oauth_window_uri: { type: 'text', treatment: 'drop' },
  successfully_aggregated_at: { type: 'text', treatment: 'keep' },
  use_cases: { type: 'json', treatment: 'keep' },
  user_guid: { type: 'text', treatment: 'keep' },
  user_id: { type: 'text', treatment: 'keep' },
} as const satisfies Record<string, Field>;

/** The name of an account field. */
export type AccountField = keyof typeof accountFields;

/** The name of a member field. */
export type MemberField = keyof typeof memberFields;

/** Tables of the domain, written out: a field or a failure that changes its row has to change it here, too. */
import { expect, it } from 'vitest';
import { causes, Failure } from '../../../shared/domain/failure.ts';
import { accountFields, memberFields } from '../../../shared/domain/mx-fields.ts';

/** The names of the rows, by what `of` says of each. */
const grouped = <Row>(table: Readonly<Record<string, Row>>, of: (row: Row) => string): Record<string, string[]> =>
  Object.fromEntries(
    [...Map.groupBy(Object.entries(table), ([, row]) => of(row))].map(([value, rows]) => [
      value,
      rows.map(([name]) => name),
    ]),
  );

it('what becomes of each field of an account', () => {
  expect(grouped(accountFields, ({ treatment }) => treatment)).toEqual({
    mask: ['account_number'],
    keep: [
      'account_ownership',
      'annuity_policy_to_date',
      'annuity_provider',
      'annuity_term_year',
      'apr',
      'apy',
      'available_balance',
      'available_credit',
      'balance',
      'cash_balance',
      'cash_surrender_value',
      'created_at',
      'credit_limit',
      'currency_code',
      'day_payment_is_due',
      'death_benefit',
      'federal_insurance_status',
      'guid',
      'id',
      'imported_at',
      'interest_rate',
      'institution_code',
      'insured_name',
      'is_closed',
      'is_hidden',
      'is_manual',
      'last_payment',
      'last_payment_at',
      'loan_amount',
      'margin_balance',
      'matures_on',
      'member_guid',
      'member_id',
      'member_is_managed_by_user',
      'metadata',
      'minimum_balance',
      'minimum_payment',
      'name',
      'nickname',
      'original_balance',
      'pay_out_amount',
      'payment_due_at',
      'payoff_balance',
      'premium_amount',
      'property_type',
      'routing_number',
      'started_on',
      'statement_balance',
      'subtype',
      'today_ugl_amount',
      'today_ugl_percentage',
      'total_account_value',
      'total_account_value_ugl',
      'type',
      'updated_at',
      'user_guid',
      'user_id',
    ],
  });
});

it('what becomes of each field of a member', () => {
  expect(grouped(memberFields, ({ treatment }) => treatment)).toEqual({
    keep: [
      'aggregated_at',
      'background_aggregation_is_disabled',
      'connection_status',
      'connection_status_message',
      'error',
      'guid',
      'id',
      'institution_code',
      'institution_guid',
      'is_being_aggregated',
      'is_managed_by_user',
      'is_manual',
      'is_oauth',
      'metadata',
      'most_recent_job_detail_code',
      'most_recent_job_detail_text',
      'most_recent_job_guid',
      'name',
      'needs_updated_credentials',
      'successfully_aggregated_at',
      'use_cases',
      'user_guid',
      'user_id',
    ],
    drop: ['oauth_window_uri'],
  });
});

it('how each field of a member is read', () => {
  expect(grouped(memberFields, ({ type }) => type)).toEqual({
    text: [
      'aggregated_at',
      'connection_status',
      'connection_status_message',
      'guid',
      'id',
      'institution_code',
      'institution_guid',
      'metadata',
      'most_recent_job_guid',
      'name',
      'oauth_window_uri',
      'successfully_aggregated_at',
      'user_guid',
      'user_id',
    ],
    flag: [
      'background_aggregation_is_disabled',
      'is_being_aggregated',
      'is_managed_by_user',
      'is_manual',
      'is_oauth',
      'needs_updated_credentials',
    ],
    json: ['error', 'use_cases'],
    scalar: ['most_recent_job_detail_code', 'most_recent_job_detail_text'],
  });
});

it('guids of accounts may be null at MX', () => {
  const { guid, member_guid, user_guid } = accountFields;
  expect([guid, member_guid, user_guid].map(({ nullable }) => nullable)).toEqual([true, true, true]);
});

it('what is to be done after each failure', () => {
  expect(grouped(causes, ({ action }) => action)).toEqual({
    none: [
      'invalid_request',
      'user_not_found',
      'member_not_found',
      'member_deleted',
      'user_erased',
      'erasure_not_found',
      'never_refreshed',
      'refresh_not_found',
      'account_not_found',
      'history_off',
      'institution_not_found',
      'too_many_to_list',
      'schedule_too_often',
      'too_many_callbacks',
      'mx_not_found',
      'mx_not_challenged',
    ],
    retry_later: [
      'allowance_used_up',
      'caller_allowance_used_up',
      'schedule_changes_used_up',
      'mx_institution',
      'mx_rate_limited',
      'paused',
      'mx_unavailable',
      'mx_timeout',
      'mx_bad_answer',
      'busy',
    ],
    contact_support: [
      'mx_credentials_missing',
      'mx_credentials_rejected',
      'mx_forbidden',
      'mx_redirected',
      'mx_refused',
      'mx_too_many_accounts',
      'bad_message',
      'callback_not_delivered',
      'callback_keys_missing',
      'internal',
    ],
    wait: ['mx_conflict', 'answers_unknown', 'answers_taken'],
  });
  expect(new Failure('busy', 'x').name).toBe('Failure');
});

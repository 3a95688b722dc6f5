import { challengeBody } from './challenges.ts';
import { ERROR_CODES, statusMessage } from './statuses.ts';
import type { Member, Shown, User, World } from './world.ts';
import { shownTime } from './world.ts';

/**
 * What the member shows now, counted as an answer: a lag ends after its number of answers. While a lag is on, the state
 * from before the job is shown, or the present state with the running flag down.
 */
export function lookAt(member: Member): Shown {
  const shown = peek(member);
  if (member.lag !== null) {
    member.lag.answersLeft -= 1;
    if (member.lag.answersLeft <= 0) member.lag = null;
  }
  return shown;
}

/** What the member shows now, without using up an answer of a lag. */
export function peek(member: Member): Shown {
  const { lag, shown } = member;
  if (lag === null) return shown;
  return lag.of === 'everything' ? lag.before : { ...shown, isBeingAggregated: false };
}

/** A member with all 24 fields of MX facts 4.2. */
export function memberBody(world: World, member: Member, shown: Shown): Record<string, unknown> {
  const { user, institution } = member;
  const time = (at: number | null): string | null => (at === null ? null : shownTime(world, at));
  const isOauth = member.scenario.oauth === true;
  const body: Record<string, unknown> = {
    aggregated_at: time(shown.aggregatedAt),
    background_aggregation_is_disabled: member.backgroundDisabled,
    connection_status: shown.connectionStatus,
    connection_status_message: statusMessage(shown.connectionStatus, institution.name),
    error: errorBody(world, shown),
    guid: member.guid,
    id: member.id,
    institution_code: institution.code,
    institution_guid: institution.guid,
    is_being_aggregated: shown.isBeingAggregated,
    is_managed_by_user: true,
    is_manual: false,
    is_oauth: isOauth,
    metadata: member.metadata,
    most_recent_job_detail_code: null,
    most_recent_job_detail_text: null,
    most_recent_job_guid: shown.jobGuid,
    name: institution.name,
    needs_updated_credentials: member.needsUpdatedCredentials,
    oauth_window_uri: isOauth ? `https://${institution.code}.example/oauth/authorize?state=${member.guid}` : null,
    successfully_aggregated_at: time(shown.successAt),
    use_cases: ['PFM'],
    user_guid: user.guid,
    user_id: user.id,
  };
  if (body['error'] === undefined) delete body['error'];
  return body;
}

/** MX facts 3.5: the error object, or in the scenario `error-as-text` its JSON as a text. */
function errorBody(world: World, shown: Shown): unknown {
  if (shown.error === null) {
    const { noError } = world.settings;
    return noError === 'object' ? {} : noError === 'null' ? null : undefined;
  }
  const { code, asText } = shown.error;
  const known = ERROR_CODES[code] ?? { name: String(code), text: 'The request failed.' };
  const error = {
    error_type: 'MEMBER',
    error_code: code,
    error_message: known.name,
    user_message: known.text,
    locale: 'en',
  };
  return asText ? JSON.stringify(error) : error;
}

/** A member's status with the fields of MX facts 4.3; `challenges` only while the status is CHALLENGED. */
export function statusBody(world: World, member: Member, shown: Shown): Record<string, unknown> {
  const time = (at: number | null): string | null => (at === null ? null : shownTime(world, at));
  return {
    guid: member.guid,
    aggregated_at: time(shown.aggregatedAt),
    successfully_aggregated_at: time(shown.successAt),
    connection_status: shown.connectionStatus,
    is_authenticated: member.isAuthenticated,
    is_being_aggregated: shown.isBeingAggregated,
    has_processed_accounts: member.hasProcessedAccounts,
    has_processed_account_numbers: false,
    has_processed_transactions: false,
    ...(shown.connectionStatus === 'CHALLENGED' ? { challenges: member.challenges.map(challengeBody) } : {}),
  };
}

/** A user as MX shows it (MX facts 2.8). */
export const userBody = (user: User): Record<string, unknown> => ({
  guid: user.guid,
  id: user.id,
  email: user.email,
  is_disabled: user.isDisabled,
  metadata: user.metadata,
});

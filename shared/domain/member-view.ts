/**
 * A member as MX's clients expect to see it, from what is known here (MX facts 4.2, 4.3). MX is not asked. Every answer
 * that shows a member shows this view.
 *
 * MX's member object is stored at the end of a refresh, once. What is known since then is laid over it:
 *
 *     a refresh runs      what its claim knows: status and times before the job, the job that the 202 named, what looks
 *                         have seen since; the flag is true, for a client that polls until it is false and then reads
 *                         the accounts
 *     its end was         the status that the end saw. What else may have changed with the job is left out: MX requires
 *     written, its body   none of these fields, and an older value would be shown as if it were the newest
 *     was not (a crash)
 */
import type { ExactJson, ExactObject } from './decimal.ts';
import { type Instant, readInstant } from './instant.ts';
import type { MemberBody, MemberRecord } from './member.ts';
import type { Challenge, MemberKey } from './mx.ts';
import type { MemberField } from './mx-fields.ts';
import type { Baseline, OpenClaim } from './refresh.ts';
import { ruleFor } from './statuses.ts';

/** What of a member's item the view depends on. */
export type ViewedMember = Pick<MemberRecord, 'key' | 'seenAt' | 'claim' | 'lastAttempt' | 'untoldChange'>;

/** The body of MX's `GET …/members/{m}`. @param stored null when none is. */
export function memberView(member: ViewedMember, stored: MemberBody | null): ExactObject {
  const { claim } = member;
  const body = settledView(member, stored);
  if (claim === null || claim.phase === 'ended') return body;
  return { ...whileRunning(claim, stored, body), is_being_aggregated: true };
}

/** As the last end, or a sighting after it, has left the member. */
function settledView(member: ViewedMember, stored: MemberBody | null): ExactObject {
  const body = stored?.body ?? guidsOf(member.key);
  if (stored !== null && (member.seenAt === null || stored.seenAt >= member.seenAt)) return body;
  const status = statusSince(member, stored);
  return {
    ...without(body, changedByJobs),
    ...(status === null ? {} : { connection_status: status.connectionStatus }),
    // While MX waits for the user the flag stays true (MX facts 0.5).
    is_being_aggregated: status !== null && ruleFor(status.connectionStatus).asksUser === true,
  };
}

/**
 * What is left to store of a member when its refresh ends without a last look at it: what its claim knows would be lost
 * with the claim. Null: it knows nothing, because MX could never be read.
 *
 * @param claim as it is before its end, with the status that the end gives.
 */
export function bodyAtEnd(key: MemberKey, claim: OpenClaim, stored: MemberBody | null): ExactObject | null {
  if (claim.baseline === null) return null;
  const view = whileRunning(claim, stored, stored?.body ?? guidsOf(key));
  return { ...view, is_being_aggregated: asksUser(view) };
}

const guidsOf = ({ memberGuid, userGuid }: MemberKey): ExactObject => ({ guid: memberGuid, user_guid: userGuid });

/**
 * The body of MX's `GET …/members/{m}/status`. Fields that only that route of MX's has (`is_authenticated`,
 * `has_processed_…`) are not known here and left out; MX requires none of its fields.
 *
 * @param view as `memberView` gives it.
 * @param challenges what MX asks the user; shown as long as `asksUser(view)`.
 */
export function statusView(view: ExactObject, challenges: readonly Challenge[]): ExactObject {
  const status: Record<string, ExactJson> = {};
  for (const name of statusFields) {
    const value = view[name];
    if (value !== undefined) status[name] = value;
  }
  if (challenges.length > 0 && asksUser(view)) {
    status['challenges'] = challenges.map(challengeView);
  }
  return status;
}

/** A question as MX has it. */
export const challengeView = (challenge: Challenge) => ({
  guid: challenge.guid,
  label: challenge.label,
  type: challenge.type,
  field_name: challenge.fieldName,
  options: challenge.options.map((option) => ({ ...option })),
  image_data: challenge.imageData,
  image_options: challenge.imageOptions.map(({ dataUri, ...option }) => ({ ...option, data_uri: dataUri })),
});

/** Whether MX waits for the member's user, as far as is known. If not, the stored questions are out of date. */
export const asksUser = (view: ExactObject): boolean => {
  const status = view['connection_status'];
  return ruleFor(typeof status === 'string' ? status : null).asksUser === true;
};

const statusFields = [
  'guid',
  'aggregated_at',
  'connection_status',
  'is_being_aggregated',
  'successfully_aggregated_at',
] as const satisfies readonly MemberField[];

/** What explains a status, and is another's when the status is another. */
const ofStatus = [
  'connection_status_message',
  'error',
  'most_recent_job_detail_code',
  'most_recent_job_detail_text',
  'needs_updated_credentials',
] as const satisfies readonly MemberField[];

/** What a job may change, besides the flag that one runs. */
const changedByJobs: readonly MemberField[] = [
  ...ofStatus,
  'aggregated_at',
  'connection_status',
  'most_recent_job_guid',
  'successfully_aggregated_at',
];

/** `body` with what the claim knows laid over it, unless its last look or a later reading has stored that, or more. */
function whileRunning(claim: OpenClaim, stored: MemberBody | null, body: ExactObject): ExactObject {
  const { baseline, start, jobAggregatedAt } = claim;
  const status = claim.seenStatus ?? baseline;
  const isFromLook = stored !== null && claim.lookedAt !== null && stored.seenAt >= claim.lookedAt;
  // A POST after that look may have shown a newer job.
  const began = jobAggregatedAt ?? baseline?.aggregatedAt ?? '';
  const isNewest = isFromLook && (readInstant(body['aggregated_at']) ?? '') >= began;
  if (isNewest || status === null) return body;
  const { connectionStatus } = status;
  const base = {
    ...(body['connection_status'] === connectionStatus ? body : without(body, ofStatus)),
    connection_status: connectionStatus,
  };
  if (baseline === null) return base;
  const named = 'jobGuid' in start ? start.jobGuid : null;
  return {
    // A job has begun whose guid is not known: the stored guid is of the job before.
    ...(named === null && jobAggregatedAt !== null
      ? without(base, ['most_recent_job_guid'])
      : { ...base, most_recent_job_guid: named ?? baseline.mostRecentJobGuid }),
    aggregated_at: timeAs(body['aggregated_at'], jobAggregatedAt ?? baseline.aggregatedAt),
    successfully_aggregated_at: timeAs(body['successfully_aggregated_at'], baseline.successfullyAggregatedAt),
  };
}

/** `time` in the words of `written`, where that is the same. */
const timeAs = (written: ExactJson | undefined, time: Instant | null): ExactJson =>
  written !== undefined && readInstant(written) === time ? written : time;

/** The newest status that is known, where the body is older than it. Null: it is not known. */
function statusSince(
  { untoldChange, lastAttempt }: ViewedMember,
  stored: MemberBody | null,
): Pick<Baseline, 'connectionStatus'> | null {
  const isNewer = (at: Instant): boolean => stored === null || at > stored.seenAt;
  if (untoldChange !== null && isNewer(untoldChange.at)) return { connectionStatus: untoldChange.to };
  if (lastAttempt === null || lastAttempt.connectionStatus === null || !isNewer(lastAttempt.endedAt)) return null;
  return lastAttempt;
}

const without = (body: ExactObject, names: readonly string[]): ExactObject =>
  Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)));

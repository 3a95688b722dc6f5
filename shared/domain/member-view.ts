/** A member as MX's clients expect to see it, from what is known here (MX facts 4.2, 4.3). MX is not asked. */
import type { ExactJson, ExactObject } from './decimal.ts';
import type { MemberRecord } from './member.ts';
import type { Challenge } from './mx.ts';

type Known = Pick<MemberRecord, 'body' | 'claim'>;

/**
 * MX's flag, for a client that polls until it is false and then reads the accounts: true until what it would read is
 * stored. While MX waits for the user the flag stays true, as at MX (MX fact 5).
 */
const isBeingAggregated = ({ body, claim }: Known): ExactJson =>
  claim === null || claim.phase === 'ended' ? (body['is_being_aggregated'] ?? null) : true;

/** The body of MX's `GET …/members/{m}`. */
export const memberView = (member: Known): ExactObject => ({
  ...member.body,
  is_being_aggregated: isBeingAggregated(member),
});

/**
 * The body of MX's `GET …/members/{m}/status`. Fields that only that route of MX's has (`is_authenticated`,
 * `has_processed_…`) are not known here and left out; MX requires none of its fields.
 *
 * @param challenges what MX asks the user now.
 */
export function statusView(member: Known, challenges: readonly Challenge[]): ExactObject {
  const status: Record<string, ExactJson> = { is_being_aggregated: isBeingAggregated(member) };
  for (const name of ['guid', 'aggregated_at', 'connection_status', 'successfully_aggregated_at'] as const) {
    const value = member.body[name];
    if (value !== undefined) status[name] = value;
  }
  if (challenges.length > 0) {
    status['connection_status'] = 'CHALLENGED';
    status['challenges'] = challenges.map(({ guid, label, type, fieldName, options }) => ({
      guid,
      label,
      type,
      field_name: fieldName,
      options: options.map((option) => ({ ...option })),
    }));
  }
  return status;
}

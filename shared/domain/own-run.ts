/**
 * MX aggregates members by itself, mostly at night. What it has gathered so is read instead of starting a job: a job would
 * cost the member's allowance, and keep MX from its next own run for three hours (MX facts 5).
 */
import { type Instant, readInstant, secondsBetween } from './instant.ts';
import type { Members } from './members-ports.ts';
import type { MxMember } from './mx.ts';
import { ruleFor } from './statuses.ts';

/** How old MX's own run may be, where the member's schedule does not say. */
const OWN_RUN_SECONDS = 3 * 3_600;

/**
 * When MX's own run ended that `member` shows, if nothing has to be started for its data: MX is idle and connected, it
 * ended at most `maxAgeSeconds` before MX answered, and what is stored is from before it. MX's times are compared with MX's.
 */
export async function ownRunOf(
  members: Pick<Members, 'readBody'>,
  member: MxMember,
  { maxAgeSeconds, now }: { readonly maxAgeSeconds: number | null; readonly now: Instant },
): Promise<Instant | null> {
  const { successfullyAggregatedAt: endedAt, answeredAt } = member;
  if (endedAt === null || member.isBeingAggregated) return null;
  if (ruleFor(member.connectionStatus).whenOver !== 'store') return null;
  if (secondsBetween(endedAt, answeredAt ?? now) > (maxAgeSeconds ?? OWN_RUN_SECONDS)) return null;
  const stored = await members.readBody(member.key);
  const known = readInstant(stored?.body['successfully_aggregated_at']);
  // A webhook about the same run would say whole seconds.
  return known === null || endedAt > known ? `${endedAt.slice(0, 19)}.000Z` : null;
}

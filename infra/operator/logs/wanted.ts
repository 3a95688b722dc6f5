/** What `logs` is asked for: which lines, and from when. */
import { epochMillisecondsOf, type Instant, instantOf, plusSeconds } from '../../../shared/domain/instant.ts';
import { exitCodes, Stop } from '../exit-codes.ts';

/** Lines that name something. */
export interface Wanted {
  /** The fields of which one has `value`. */
  readonly fields: readonly string[];
  readonly value: string;
  /** Whether all lines of the refreshes are wanted that these lines name. */
  readonly withRefreshes: boolean;
}

/** What can be searched for: ids of ours, of MX’s and of AWS’s, and what callers may call their requests. */
const ID = /^[A-Za-z0-9._=-]{1,100}$/;

/** Reads an id. @throws Stop `usage` for what is none. */
export function wantedOf(id: string): Wanted {
  if (!ID.test(id)) {
    throw new Stop(
      exitCodes.usage,
      `${JSON.stringify(id)} is no id: it has to be that of a refresh, a member’s guid, a correlation id, a request id or a message id; own ids are given as <user> <member>.`,
    );
  }
  if (id.startsWith('RFR-')) return { fields: ['refresh_id'], value: id, withRefreshes: false };
  if (id.startsWith('MBR-')) return { fields: ['member_guid'], value: id, withRefreshes: true };
  if (id.startsWith('CBK-')) return { fields: ['callback_id'], value: id, withRefreshes: false };
  if (id.startsWith('ERS-')) return { fields: ['erasure_id'], value: id, withRefreshes: false };
  return { fields: ['correlation_id', 'request_id', 'message_id'], value: id, withRefreshes: true };
}

/** Client ids, and the ARNs of users and roles. */
const CALLER = /^[A-Za-z0-9._=:/@+,-]{1,300}$/;

/** The requests of a caller. @throws Stop `usage` for what can be none */
export function callerOf(caller: string): Wanted {
  if (CALLER.test(caller)) return { fields: ['caller'], value: caller, withRefreshes: false };
  throw new Stop(
    exitCodes.usage,
    `${JSON.stringify(caller)} is no caller: it has to be a client id, or the ARN of a user or role.`,
  );
}

/** CloudWatch’s pattern for lines in which one of these fields has this value. */
export const patternFor = (conditions: readonly { readonly field: string; readonly value: string }[]): string =>
  `{ ${conditions.map(({ field, value }) => `$.${field} = "${value}"`).join(' || ')} }`;

/** The patterns for refreshes: a pattern has 1,024 characters at most (AWS limit), a condition 55. */
export function patternsForRefreshes(ids: readonly string[]): readonly string[] {
  const patterns: string[] = [];
  for (let from = 0; from < ids.length; from += REFRESHES_PER_PATTERN) {
    const some = ids.slice(from, from + REFRESHES_PER_PATTERN);
    patterns.push(patternFor(some.map((value) => ({ field: 'refresh_id', value }))));
  }
  return patterns;
}

const REFRESHES_PER_PATTERN = 15;

/** From when to when. */
export interface Range {
  readonly from: Instant;
  /** Null: up to now. */
  readonly until: Instant | null;
}

/** Without `--since`. */
const DEFAULT_SECONDS = 86_400;

/** A callback is tried for about 22 hours after the end, and an end is told for a day. */
const LIFE_SECONDS = 2 * 86_400;

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/**
 * The range to search. Without `since` it is the last day, and of a refresh the two days from when it was accepted, which its id
 * says.
 *
 * @param wanted null: all lines
 * @throws Stop `usage` when `since` cannot be read.
 */
export function rangeOf(since: string | null, wanted: Wanted | null, now: Instant): Range {
  if (since !== null) return { from: sinceOf(since, now), until: null };
  const accepted = wanted?.fields[0] === 'refresh_id' ? acceptedAt(wanted.value, now) : null;
  if (accepted === null) return { from: plusSeconds(now, -DEFAULT_SECONDS), until: null };
  return { from: plusSeconds(accepted, -60), until: plusSeconds(accepted, LIFE_SECONDS) };
}

/** Reads `90m`, `24h`, `7d` or an instant. @throws Stop `usage`. */
export function sinceOf(since: string, now: Instant): Instant {
  const [, count, unit] = /^(\d{1,5})([smhd])$/.exec(since) ?? [];
  if (count !== undefined && unit !== undefined) return plusSeconds(now, -Number(count) * (unitSeconds[unit] ?? 0));
  const time = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(since) ? Date.parse(since) : Number.NaN;
  if (!Number.isNaN(time)) return instantOf(time);
  throw new Stop(exitCodes.usage, `--since is ${since}; it has to be like 90m, 24h, 7d or 2026-11-27T12:00:00Z.`);
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The time in the ULID behind `RFR-`; null: it has none, or one to come. */
function acceptedAt(refreshId: string, now: Instant): Instant | null {
  const [, time] = /^RFR-([0-7][0-9A-HJKMNP-TV-Z]{9})[0-9A-HJKMNP-TV-Z]{16}$/.exec(refreshId) ?? [];
  if (time === undefined) return null;
  const milliseconds = [...time].reduce((sum, letter) => sum * 32 + CROCKFORD.indexOf(letter), 0);
  return milliseconds > epochMillisecondsOf(now) ? null : instantOf(milliseconds);
}

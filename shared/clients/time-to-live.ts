/** When an item expires: DynamoDB reads whole seconds since 1970, and takes milliseconds for a time that never comes. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { epochMillisecondsOf, type Instant } from '../domain/instant.ts';

const SECONDS_PER_DAY = 86_400;

/** The attribute of an item that is kept for `kept` from `since` on; a fraction of a second is rounded up. */
export function expiresAt(
  since: Instant,
  kept: { readonly days: number } | { readonly seconds: number },
): AttributeValue {
  const seconds = 'days' in kept ? kept.days * SECONDS_PER_DAY : kept.seconds;
  return { N: String(Math.ceil(epochMillisecondsOf(since) / 1000) + seconds) };
}

/** Whether `attribute` is of an item whose time is over at `now`. DynamoDB deletes it within days, not at once. */
export const hasExpired = (attribute: AttributeValue | undefined, now: Instant): boolean =>
  Number(attribute?.N ?? 0) <= epochMillisecondsOf(now) / 1000;

/** Entity tags: a caller that polls gets a body only after a change. */
import { createHash } from 'node:crypto';

/**
 * A strong tag over the body and the headers of `Balances-…`. Not over `Age` and `Retry-After`: they change while nothing
 * changes.
 */
export function entityTag(body: string, headers: Readonly<Record<string, string>>): string {
  const said = Object.entries(headers).filter(([name]) => name.startsWith('balances-'));
  const hash = createHash('sha256').update(JSON.stringify(said.toSorted())).update(body);
  return `"${hash.digest('base64url').slice(0, 27)}"`;
}

/** Whether `If-None-Match` names `tag`. Weak comparison, as RFC 9110 (13.1.2) asks for GET. */
export const matches = (ifNoneMatch: string | undefined, tag: string): boolean =>
  (ifNoneMatch ?? '')
    .split(',')
    .map((candidate) => candidate.trim().replace(/^W\//, ''))
    .some((candidate) => candidate === tag || candidate === '*');

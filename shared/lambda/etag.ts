/** Entity tags: a caller that polls gets a body only after a change. */
import { createHash } from 'node:crypto';

/** Headers that say how old an answer is, not what it says: they change while nothing changes. */
const ageing: ReadonlySet<string> = new Set(['age', 'retry-after']);

/** A strong tag over the body and the headers of `Balances-…`. */
export function entityTag(body: string, headers: Readonly<Record<string, string>>): string {
  const said = Object.entries(headers).filter(([name]) => name.startsWith('balances-') && !ageing.has(name));
  const hash = createHash('sha256').update(JSON.stringify(said.toSorted())).update(body);
  return `"${hash.digest('base64url').slice(0, 27)}"`;
}

/** Whether `If-None-Match` names `tag`. Weak comparison, as RFC 9110 (13.1.2) asks for GET. */
export const matches = (ifNoneMatch: string | undefined, tag: string): boolean =>
  (ifNoneMatch ?? '')
    .split(',')
    .map((candidate) => candidate.trim().replace(/^W\//, ''))
    .some((candidate) => candidate === tag || candidate === '*');

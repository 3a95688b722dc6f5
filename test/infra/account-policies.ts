import { readFileSync } from 'node:fs';

const text = readFileSync(new URL('../../docs/account.md', import.meta.url), 'utf8');
const [key, boundary, topic] = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']): unknown =>
  JSON.parse(json),
);

/** The policies that docs/account.md shows, in its order: of a key, of a permissions boundary, of a topic. */
export const accountPolicies = { key, boundary, topic };

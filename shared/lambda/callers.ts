/** Who may call, with `API_ACCESS` = `basic`: client id and key, checked in constant time. */
import { createHash, timingSafeEqual } from 'node:crypto';
import * as v from 'valibot';
import { Refusal } from './refusal.ts';

/** What a caller may do. */
export type Right = 'read' | 'trigger' | 'webhook' | 'erase';

/**
 * The secret with the callers. A key is random (32 bytes), so no key can be found from its SHA-256; a caller may have
 * several keys, so that one can be rotated while the other works.
 */
const callersSchema = v.object({
  clients: v.array(
    v.object({
      client_id: v.pipe(v.string(), v.nonEmpty()),
      key_sha256: v.pipe(v.array(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))), v.minLength(1)),
      rights: v.array(v.picklist(['read', 'trigger', 'webhook', 'erase'])),
    }),
  ),
});

type Callers = v.InferOutput<typeof callersSchema>;

/** Reads the callers' secret. @throws Error that says what the secret has to look like. */
export function readCallers(secretText: string): Callers {
  const read = v.safeParse(callersSchema, secretText === '' ? { clients: [] } : jsonOrNull(secretText));
  if (read.success) return read.output;
  throw new Error(
    'the secret with the callers must be {"clients":[{"client_id":"…","key_sha256":["<64 hex digits>"],"rights":["read","trigger"]}]}',
  );
}

/** The parser's own error would quote the secret, and errors are logged. */
function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Who calls. */
export interface Caller {
  /** A client id with `basic`, an ARN with `iam`; empty on routes without credentials. */
  readonly name: string;
  /** Null: not known here. With `iam` the gateway has checked the right to the route, and knows of no other. */
  readonly rights: readonly Right[] | null;
}

/**
 * Lets the caller of `authorization` (an HTTP header) through.
 *
 * @throws Refusal `unauthorized` or `forbidden`, before anything is looked up, so that it tells nothing about what exists.
 */
export function authorize(callers: Callers, authorization: string | undefined, right: Right): Caller {
  const [, encoded = ''] = /^Basic +([A-Za-z0-9+/=]+) *$/i.exec(authorization ?? '') ?? [];
  const [clientId = '', ...rest] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  const key = sha256(rest.join(':'));
  const id = sha256(clientId);
  let rights: readonly Right[] | null = null;
  // Every caller and every key is compared, also after a match: the time taken shows neither.
  for (const client of callers.clients) {
    const sameId = timingSafeEqual(id, sha256(client.client_id));
    for (const known of client.key_sha256) {
      const sameKey = timingSafeEqual(key, Buffer.from(known, 'hex'));
      if (sameId && sameKey) rights = client.rights;
    }
  }
  if (rights === null) throw new Refusal('unauthorized', 'client id or key is missing or wrong');
  if (!rights.includes(right)) {
    throw new Refusal('forbidden', `this caller does not have the right to ${right}`);
  }
  return { name: clientId, rights };
}

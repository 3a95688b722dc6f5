/** What a trigger may ask for besides a refresh: in the JSON body, or as headers for clients that cannot send one. */
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { Failure } from '../domain/failure.ts';
import type { KeyedRequest } from '../domain/idempotency.ts';
import type { ApiRequest } from './http.ts';
import { MAX_WAIT_SECONDS } from './time-limits.ts';

/** The longest age that can be asked for: a year. */
export const MAX_AGE_SECONDS = 31_536_000;

const wholeNumber = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(most));

const schema = v.strictObject({
  max_age: v.optional(wholeNumber(MAX_AGE_SECONDS)),
  wait: v.optional(wholeNumber(MAX_WAIT_SECONDS), 0),
  user_present: v.optional(v.boolean(), false),
  callback_url: v.optional(v.pipe(v.string(), v.maxLength(2_000))),
});

/** The options of a trigger. */
export interface TriggerOptions {
  /** Stored balances of at most this age (seconds) are good enough. Null: they are not. */
  readonly maxAge: number | null;
  /** Seconds to wait for the end. */
  readonly wait: number;
  readonly userPresent: boolean;
  readonly callbackUrl: string | null;
}

/** What each option may be, for the answer to a wrong one. */
const allowed: Readonly<Record<string, string>> = {
  max_age: `max_age has to be a whole number of seconds from 0 to ${MAX_AGE_SECONDS}`,
  wait: `wait has to be a whole number of seconds from 0 to ${MAX_WAIT_SECONDS}`,
  user_present: 'user_present has to be true or false',
  callback_url: 'callback_url has to be a text of at most 2000 characters',
};

/** The same options as headers. A value in the body wins. */
const headerOf = {
  max_age: 'balances-max-age',
  wait: 'balances-wait',
  user_present: 'balances-user-present',
  callback_url: 'balances-callback-url',
} as const;

/** Reads body and headers. @throws Failure `invalid_request` that names the field. */
export function readTriggerOptions({ body, headers }: Pick<ApiRequest, 'body' | 'headers'>): TriggerOptions {
  if (body !== undefined && (typeof body !== 'object' || body === null || Array.isArray(body))) {
    throw new Failure('invalid_request', 'the body has to be a JSON object', { field: 'body' });
  }
  const given: Record<string, unknown> = {};
  for (const [name, header] of Object.entries(headerOf)) {
    const text = headers[header];
    if (text !== undefined) given[name] = name === 'callback_url' ? text : jsonOrText(text);
  }
  const read = v.safeParse(schema, { ...given, ...body });
  if (read.success) {
    const { max_age: maxAge = null, wait, user_present: userPresent, callback_url: callbackUrl = null } = read.output;
    return { maxAge, wait, userPresent, callbackUrl };
  }
  const field = v.getDotPath(read.issues[0]) ?? 'body';
  // Of its own: every object has a `toString`.
  const sentence = Object.hasOwn(allowed, field) ? allowed[field] : undefined;
  const names = Object.keys(allowed).join(', ');
  throw new Failure('invalid_request', sentence ?? `${field} is not known here; the body may have ${names}`, { field });
}

/** `60` and `true` as a number and a flag; anything else stays what it is, and is refused as that. */
function jsonOrText(text: string): unknown {
  // Without leading zeros: they are no JSON.
  return /^(0|[1-9]\d{0,9}|true|false)$/.test(text) ? JSON.parse(text) : text;
}

const hash = (parts: readonly unknown[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex');

/**
 * The request's `Idempotency-Key`, null without one. `wait` is not part of the comparison: a caller that lost its
 * connection may ask again with less patience.
 *
 * @throws Failure `invalid_request` for a key that is none.
 */
export function keyedRequest(request: ApiRequest, options: TriggerOptions): KeyedRequest | null {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return null;
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new Failure('invalid_request', 'Idempotency-Key has to be 1 to 255 visible ASCII characters', {
      field: 'Idempotency-Key',
    });
  }
  const { wait: _, ...compared } = options;
  return { id: hash([request.caller, request.method, request.path, key]), requestHash: hash([compared]) };
}

/** Two digits that stand for a caller in a member's starts. Two callers have the same ones once in 99: then they share. */
export const callerTag = (caller: string): string =>
  String(1 + (Number.parseInt(hash([caller]).slice(0, 8), 16) % 99)).padStart(2, '0');

/** The id of a callback: a caller that asks again for the same refresh and URL gets one callback. */
export const callbackId = (refreshId: string, caller: string, url: string): string =>
  `CBK-${hash([refreshId, caller]).slice(0, 16)}${hash([refreshId, caller, url]).slice(0, 16)}`;

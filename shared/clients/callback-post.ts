/** Sending a callback: signed as Standard Webhooks says, to public addresses only, without following redirects. */
import type { LookupAddress, LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Webhook } from 'standardwebhooks';
import type { PostCallback, Receipt } from '../domain/deliver-callback.ts';
import { Failure } from '../domain/failure.ts';
import { type Clock, epochMillisecondsOf, type Instant } from '../domain/instant.ts';
import { isLoopbackAddress, isPublicAddress } from './public-address.ts';
import { retryAfterSeconds } from './retry-after.ts';
import type { Secret } from './secret.ts';

const dns = process.getBuiltinModule('node:dns');
const http = process.getBuiltinModule('node:http');
const https = process.getBuiltinModule('node:https');

/** Resolves a name to all its addresses. */
export type Resolve = (hostname: string, options: LookupOptions) => Promise<readonly LookupAddress[]>;

/** How callbacks are sent. */
export interface CallbackPostOptions {
  /** A secret with `{"current": "…", "previous": "…"}`: keys in base 64, `previous` empty except during a rotation. */
  readonly secret: Secret;
  /** Allows this machine's own addresses: only for a service that runs on it. */
  readonly loopback: boolean;
  readonly now: Clock;
  /** For everything, from the name to the head of the answer. @default 10 s */
  readonly timeoutMs?: number;
  /** @default the system's resolver */
  readonly resolve?: Resolve;
}

/** One POST to the receiver of a delivery. */
export function callbackPost(options: CallbackPostOptions): PostCallback {
  const {
    loopback,
    timeoutMs = 10_000,
    resolve = (host, how) => dns.promises.lookup(host, { ...how, all: true }),
  } = options;
  const lookup = lookupAllowed(resolve, loopback);
  return async (delivery, content) => {
    const body = JSON.stringify(content);
    const headers = signedHeaders(await options.secret.current(), delivery.callbackId, options.now(), body);
    return post({ url: new URL(delivery.url), headers, body, lookup, timeoutMs, now: options.now });
  };
}

/**
 * Standard Webhooks' three headers. The id stays the same from try to try, the time does not: a receiver refuses old
 * ones. During a rotation there are two signatures, and the receiver finds the one that it can check.
 *
 * @throws Failure `callback_keys_missing` that says what the secret has to look like.
 */
export function signedHeaders(secretText: string, id: string, at: Instant, body: string): Record<string, string> {
  const time = new Date(epochMillisecondsOf(at));
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(time.getTime() / 1000)),
    'webhook-signature': webhooksOf(secretText)
      .map((webhook) => webhook.sign(id, time, body))
      .join(' '),
  };
}

function webhooksOf(secretText: string): readonly Webhook[] {
  try {
    const { current, previous }: { current?: unknown; previous?: unknown } = JSON.parse(secretText);
    const keys = [current, previous].filter((key) => typeof key === 'string' && key !== '') as string[];
    if (keys.length > 0) return keys.map((key) => new Webhook(key));
  } catch {
    // The parser's message would quote the secret.
  }
  throw new Failure(
    'callback_keys_missing',
    'the secret with the callbacks’ keys must be {"current":"<base 64>","previous":"<base 64 or empty>"}',
  );
}

/** A resolver that refuses a name if any of its addresses is not public: Node chooses which of them is used. */
export function lookupAllowed(resolve: Resolve, loopback: boolean): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname, options).then(
      (addresses) => {
        const [first] = addresses;
        const refused = addresses.find(
          ({ address }) => !isPublicAddress(address) && !(loopback && isLoopbackAddress(address)),
        );
        if (first === undefined || refused !== undefined) {
          done(Object.assign(new Error('the name leads to an address that is not public'), { code: 'ENOTPUBLIC' }), '');
        } else if (options.all) done(null, [...addresses]);
        else done(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => done(error, ''),
    );
  };
}

interface Post {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly lookup: LookupFunction;
  readonly timeoutMs: number;
  readonly now: Clock;
}

function post({ url, headers, body, lookup, timeoutMs, now }: Post): Promise<Receipt | null> {
  return new Promise((resolve) => {
    const { request } = url.protocol === 'https:' ? https : http;
    const outgoing = request(
      url,
      {
        method: 'POST',
        lookup,
        // On a kept socket there would be no lookup, and so no check of the address.
        agent: false,
        headers: {
          ...headers,
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(body)),
          'user-agent': 'mx-fresh-balances',
        },
      },
      (incoming) => {
        // Only the head counts; a body of any length stays unread.
        finish({
          status: incoming.statusCode ?? 0,
          retryAfterSeconds: retryAfterSeconds(incoming.headers, epochMillisecondsOf(now())),
        });
      },
    );
    const timer = setTimeout(() => finish(null), timeoutMs);
    const finish = (receipt: Receipt | null): void => {
      clearTimeout(timer);
      resolve(receipt);
      outgoing.destroy();
    };
    outgoing.on('error', () => finish(null));
    outgoing.end(body);
  });
}

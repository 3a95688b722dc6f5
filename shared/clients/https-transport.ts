/**
 * One HTTP exchange over `node:https`, with a timeout, a body limit, and a check for sockets that the server closed while
 * the function was frozen. `fetch` (undici) would add a fifth to the cold start.
 */
import type { Agent as HttpAgent } from 'node:http';
import { Failure } from '../domain/failure.ts';
import { EarlyAgent } from './early-agent.ts';

// A static `import` of `node:http` costs about 30 ms on Node 24 (its lazy getters load undici and http2); this costs 4.
const http = process.getBuiltinModule('node:http');
const https = process.getBuiltinModule('node:https');

/** A request. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent with the length that its headers say. */
  readonly body?: string;
  /** For everything, from the connection to the last byte of the answer. */
  readonly timeoutMs: number;
}

/** An answer, whole. */
export interface HttpResponse {
  readonly status: number;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Sends a request. @throws Failure `mx_timeout`, `mx_unavailable` (no connection, or it broke), `mx_bad_answer`. */
export type Send = (request: HttpRequest) => Promise<HttpResponse>;

/** Sends requests, and can connect before the first one. */
export interface Transport {
  readonly send: Send;
  /** Connects to `url`'s host, if it is reached by HTTPS. @throws Error when it cannot be */
  readonly open: (url: URL) => Promise<void>;
}

/** MX lists at most 1,000 accounts a page, about 2 KB each. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** After a pause this long the function may have been frozen, and its kept-alive sockets may be dead. */
const PAUSE_MS = 4_000;

/** A transport with sockets of its own. `monotonicMs` measures pauses. */
export function httpsTransport(monotonicMs: () => number = () => performance.now()): Transport {
  const pool: { http: HttpAgent; https: EarlyAgent } = {
    http: new http.Agent({ keepAlive: true, maxSockets: 50 }),
    https: new EarlyAgent({ maxSockets: 50 }, monotonicMs),
  };
  let lastUsed = Number.NEGATIVE_INFINITY;

  const send: Send = async (request) => {
    const paused = monotonicMs() - lastUsed > PAUSE_MS;
    lastUsed = monotonicMs();
    const secure = request.url.protocol === 'https:';
    // Anything but a GET must not be repeated, so after a pause it gets a new socket.
    const agent = request.method !== 'GET' && paused ? undefined : secure ? pool.https : pool.http;
    const first = await exchange(request, agent);
    lastUsed = monotonicMs();
    if (first.kind === 'answered') return first.response;
    // A GET on a kept-alive socket that the server had closed never reached MX: repeated once, on a new socket.
    const second = first.onReusedSocket && request.method === 'GET' ? await exchange(request, undefined) : first;
    if (second.kind === 'answered') return second.response;
    throw second.failure;
  };
  return {
    send,
    async open(url) {
      if (url.protocol === 'https:') await pool.https.open(url);
    },
  };
}

type Exchange =
  | { readonly kind: 'answered'; readonly response: HttpResponse }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly onReusedSocket: boolean };

function exchange(request: HttpRequest, agent: HttpAgent | undefined): Promise<Exchange> {
  return new Promise((resolve) => {
    const { request: open } = request.url.protocol === 'https:' ? https : http;
    const outgoing = open(
      request.url,
      { method: request.method, headers: request.headers, agent: agent ?? false },
      (incoming) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        incoming.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > MAX_BODY_BYTES) {
            fail(
              new Failure('mx_bad_answer', `MX's answer is larger than ${MAX_BODY_BYTES} bytes`, { tooLarge: true }),
            );
            return;
          }
          chunks.push(chunk);
        });
        incoming.on('end', () => {
          clearTimeout(timer);
          const { statusCode: status = 0, headers } = incoming;
          resolve({ kind: 'answered', response: { status, headers, body: Buffer.concat(chunks).toString('utf8') } });
        });
        incoming.on('error', (cause) => fail(broken(cause)));
        incoming.on('aborted', () => fail(broken(new Error('aborted'))));
      },
    );
    const fail = (failure: Failure): void => {
      clearTimeout(timer);
      resolve({ kind: 'failed', failure, onReusedSocket: outgoing.reusedSocket && failure.code === 'mx_unavailable' });
      outgoing.destroy();
    };
    const timer = setTimeout(
      () => fail(new Failure('mx_timeout', `MX did not answer within ${request.timeoutMs} ms`)),
      request.timeoutMs,
    );
    outgoing.on('error', (cause) => fail(broken(cause)));
    outgoing.end(request.body);
  });
}

const broken = (cause: Error): Failure => new Failure('mx_unavailable', 'the connection to MX failed', {}, { cause });

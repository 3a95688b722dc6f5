/** One HTTP call of the API: address, credentials, time limit, answer. Needs nothing but the platform's `fetch`. */
import { type Json, parseJson } from './exact-json.ts';
import { BalancesProblem, problemFrom, unexpectedAnswer } from './problem.ts';

/** A request before it is signed. */
export interface UnsignedRequest {
  readonly method: string;
  /** Absolute, path and query percent-encoded. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes that will be sent, as UTF-8 text; null without a body. */
  readonly body: string | null;
}

/** A caller's id and key, for an API with `basic` callers. */
export interface BasicCredentials {
  readonly clientId: string;
  readonly key: string;
}

/** Signs each request, for an API with `iam` callers: SigV4, service `execute-api`. */
export interface RequestSigner {
  /** The headers to add to the request, `authorization` among them. `host` is left to the platform. */
  sign(request: UnsignedRequest): Promise<Readonly<Record<string, string>>> | Readonly<Record<string, string>>;
}

/** How calls are made. */
export interface HttpCallsOptions {
  readonly baseUrl: string;
  readonly credentials: BasicCredentials | RequestSigner;
  readonly fetch?: typeof globalThis.fetch;
  readonly timeoutSeconds: number;
}

/** A call. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Percent-encoded, with a leading slash. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Left out where undefined. Names in lower case. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Sent as JSON. */
  readonly body?: object;
  readonly signal?: AbortSignal | undefined;
  /** In place of the client's own. */
  readonly timeoutSeconds?: number;
}

/** An answer: 2xx or 304. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Null without a body. */
  readonly body: Json;
}

/**
 * Makes calls. Redirects are not followed (this API sends none, and credentials must not travel), cookies are not sent.
 *
 * @throws TypeError for options that cannot work. The calls throw `BalancesProblem`, and the reason of their signal
 * when that aborts them.
 */
export function httpCalls(options: HttpCallsOptions): (call: Call) => Promise<Answer> {
  const base = readBaseUrl(options.baseUrl);
  const authorize = authorization(options.credentials);
  // Not called as a method: a browser's `fetch` refuses to be one of anything but the window.
  const send = options.fetch ?? globalThis.fetch;

  return (call) =>
    inTime(call.timeoutSeconds ?? options.timeoutSeconds, call.signal, async (signal) => {
      const request = toRequest(base, call);
      const { host: _, ...added } = await authorize(request);
      const headers = { ...request.headers, ...added };
      const { method, body } = request;
      let status: number | null = null;
      try {
        const response = await send(request.url, {
          method,
          headers,
          body,
          signal,
          redirect: 'error',
          credentials: 'omit',
        });
        status = response.status;
        const text = await response.text();
        if (!response.ok && status !== 304) throw problemFrom(status, response.headers, text);
        return { status, headers: response.headers, body: text === '' ? null : readBody(status, text) };
      } catch (cause) {
        if (cause instanceof BalancesProblem) throw cause;
        const detail = status === null ? `no connection to ${base}` : `the connection broke in the middle of an answer`;
        throw new BalancesProblem({ status: null, code: 'unreachable', action: 'retry_later', detail }, { cause });
      }
    });
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

function readBaseUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new TypeError(
      'baseUrl has to be an absolute URL, such as https://abc.execute-api.eu-central-1.amazonaws.com',
    );
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.has(url.hostname))) {
    throw new TypeError('baseUrl has to begin with https:, or with http: on this machine only: balances are private');
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new TypeError('baseUrl may have a host and a path only; credentials are an option of their own');
  }
  return url.origin + url.pathname.replace(/\/+$/, '');
}

function authorization(credentials: HttpCallsOptions['credentials']): RequestSigner['sign'] {
  if ('sign' in credentials) return (request) => credentials.sign(request);
  const { clientId, key } = credentials;
  if (clientId === '' || key === '' || clientId.includes(':')) {
    throw new TypeError('credentials need a clientId (without a colon) and a key, or a sign function');
  }
  const bytes = new TextEncoder().encode(`${clientId}:${key}`);
  const header = `Basic ${btoa(String.fromCharCode(...bytes))}`;
  return () => ({ authorization: header });
}

function toRequest(base: string, call: Call): UnsignedRequest {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {})) if (value !== undefined) query.set(name, String(value));
  const given = Object.entries(call.headers ?? {}).filter(
    (header): header is [string, string] => header[1] !== undefined,
  );
  return {
    method: call.method,
    url: base + call.path + (String(query) === '' ? '' : `?${query}`),
    headers: {
      accept: 'application/json',
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...Object.fromEntries(given),
    },
    body: call.body === undefined ? null : JSON.stringify(call.body),
  };
}

function readBody(status: number, text: string): Json {
  try {
    return parseJson(text);
  } catch (cause) {
    throw unexpectedAnswer(status, `status ${status} with a body that is not JSON; is baseUrl right?`, { cause });
  }
}

/**
 * `work` with a time limit and the caller's signal. A timer of its own, because `AbortSignal.timeout` inside
 * `AbortSignal.any` can be lost to the garbage collector on some versions of Node; and a race, because a signer knows
 * no signal.
 */
async function inTime<T>(
  seconds: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const stopped = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason));
  });
  const forward = () => controller.abort(signal?.reason);
  signal?.addEventListener('abort', forward);
  const timer = setTimeout(() => {
    const detail = `no answer within ${seconds} s; what was asked for may have happened`;
    controller.abort(new BalancesProblem({ status: null, code: 'timed_out', action: 'retry_later', detail }));
  }, seconds * 1000);
  try {
    return await Promise.race([work(controller.signal), stopped]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', forward);
  }
}

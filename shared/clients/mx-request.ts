/** One request to MX, with our credentials and headers. */
import { Failure } from '../domain/failure.ts';
import { type Clock, epochMillisecondsOf } from '../domain/instant.ts';
import type { MemberIdentifiers } from '../domain/mx.ts';
import type { HttpResponse, Send } from './https-transport.ts';
import { mxFailure } from './mx-failure.ts';
import type { Secret } from './secret.ts';

/** How to reach MX. */
export interface MxClientOptions {
  readonly baseUrl: string;
  /** Sent as `Accept-Version` (MX facts 1). */
  readonly acceptVersion: string;
  /** A secret with `{"client_id": "…", "api_key": "…"}`. */
  readonly credentials: Secret;
  readonly send: Send;
  /** For each call. */
  readonly timeoutMs: number;
  readonly now: Clock;
  /** Awaited before each request, and before a repeated one. @throws Failure `paused`, and nothing is sent. */
  readonly gate: () => Promise<void>;
}

/** Sends one request. `what` names it in the failure of an answer that is not 2xx. */
export type MxRequest = (
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  what: string,
  body?: string,
) => Promise<HttpResponse>;

/**
 * Requests to MX. One retry rule: 401 makes it fetch the secret anew and ask once more; everything else is the caller's. A
 * secret that is known as empty is fetched anew too: a new deployment's is filled while its functions are warm.
 */
export function mxRequests(options: MxClientOptions): MxRequest {
  const base = options.baseUrl.replace(/\/+$/, '');

  return async (method, path, what, body = '') => {
    const attempt = async (secretText: string) => {
      const authorization = basicAuthorization(secretText);
      // Last of all, so that nothing takes time between it and the request.
      await options.gate();
      return options.send({
        method,
        url: new URL(base + path),
        headers: {
          authorization,
          accept: 'application/json',
          'accept-version': options.acceptVersion,
          'user-agent': 'mx-fresh-balances',
          // check_balance has no body (MX facts 1); without this Node would announce a chunked one.
          ...(method === 'GET' ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
          ...(body === '' ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === '' ? {} : { body }),
        timeoutMs: options.timeoutMs,
      });
    };
    const current = await options.credentials.current();
    const known = holdsCredentials(current) ? current : await options.credentials.refetched();
    let response = await attempt(known);
    if (response.status === 401) {
      // A rotated key makes the old one invalid at once (MX facts 1). MX did nothing, so a repeated POST or PUT is safe too.
      const fetched = await options.credentials.refetched();
      if (fetched !== known) response = await attempt(fetched);
    }
    if (response.status < 200 || response.status > 299)
      throw mxFailure(response, what, epochMillisecondsOf(options.now()));
    return response;
  };
}

/** MX's path of a member. */
export const memberPath = ({ userIdentifier, memberIdentifier }: MemberIdentifiers): string =>
  `/users/${encodeURIComponent(userIdentifier)}/members/${encodeURIComponent(memberIdentifier)}`;

const holdsCredentials = (secretText: string): boolean => credentialsIn(secretText) !== null;

/** MX's credentials in a secret; null: it has none. */
function credentialsIn(secretText: string): { readonly clientId: string; readonly apiKey: string } | null {
  let credentials: unknown;
  try {
    credentials = JSON.parse(secretText);
  } catch {
    credentials = null;
  }
  const { client_id: clientId, api_key: apiKey } = (credentials ?? {}) as { client_id?: unknown; api_key?: unknown };
  const areThere = typeof clientId === 'string' && typeof apiKey === 'string' && clientId !== '' && apiKey !== '';
  return areThere ? { clientId, apiKey } : null;
}

/** @throws Failure `mx_credentials_missing` with what to do: a new deployment's secret is empty. */
function basicAuthorization(secretText: string): string {
  const credentials = credentialsIn(secretText);
  if (credentials === null) {
    throw new Failure(
      'mx_credentials_missing',
      'the secret with the MX credentials is empty: put {"client_id": "…", "api_key": "…"} into it',
    );
  }
  return `Basic ${Buffer.from(`${credentials.clientId}:${credentials.apiKey}`, 'utf8').toString('base64')}`;
}

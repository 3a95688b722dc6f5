import { SignatureV4 } from '@smithy/signature-v4';
import { type ExactJson, parseExactJson } from '../../shared/domain/decimal.ts';
import { Sha256 } from './sha256.ts';
import type { Credentials } from './stack/sigv4.ts';

/** How a caller says who it is: `Basic …`, or by a signature of AWS. */
export type Identity =
  | { readonly authorization: string }
  | { readonly credentials: Credentials & { readonly sessionToken?: string }; readonly region: string };

/** What the API answered. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ExactJson;
}

/** Calls the API; `body` is sent as JSON. */
export type CallApi = (method: string, path: string, body?: Readonly<Record<string, unknown>>) => Promise<ApiAnswer>;

/** One caller of an API. */
export const apiCaller =
  (apiUrl: string, identity: Identity): CallApi =>
  async (method, path, body) => {
    const url = apiUrl + path;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const plain: Record<string, string> = text === undefined ? {} : { 'content-type': 'application/json' };
    const headers = { ...plain, ...(await identify(identity, { method, url, headers: plain, body: text })) };
    const response = await fetch(url, { method, headers, ...(text === undefined ? {} : { body: text }) });
    return { status: response.status, headers: response.headers, body: parseExactJson(await response.text()) };
  };

/** A request before it says who sends it. */
export interface Unidentified {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** The headers that say who sends a request. */
export async function identify(identity: Identity, request: Unidentified): Promise<Record<string, string>> {
  if ('authorization' in identity) return { authorization: identity.authorization };
  const { credentials, region } = identity;
  const signer = new SignatureV4({ credentials, region, service: 'execute-api', sha256: Sha256 });
  const { protocol, host, hostname, pathname, searchParams } = new URL(request.url);
  const signed = await signer.sign({
    method: request.method,
    protocol,
    hostname,
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: { ...request.headers, host },
    body: request.body,
  });
  return signed.headers;
}

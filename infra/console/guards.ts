/**
 * Who may use the console's server. It calls AWS and the API with the operator's credentials, and every web page that the
 * operator has open can send requests to 127.0.0.1: so a request has to come from the page that this server gave out, to
 * this server's own name (DNS rebinding gives 127.0.0.1 another name), and has to know the token of this start. Pure.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

/** What of a request is looked at. */
export interface GuardedRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Names in lower case, as Node gives them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** What this start of the server accepts. */
export interface GuardRules {
  readonly port: number;
  /** New at each start, known only to whom the address was printed. */
  readonly token: string;
}

/** Why a request is not answered. */
export interface Refused {
  readonly status: 401 | 403 | 405 | 415;
  readonly code: 'wrong_host' | 'foreign_origin' | 'wrong_token' | 'method_not_allowed' | 'json_only';
  readonly sentence: string;
}

/** The header that carries the token. A form or an image of another page cannot set it. */
export const TOKEN_HEADER = 'x-console-token';

/** Where the page's data is. Everything else is the page itself, which is no secret. */
export const DATA_PREFIX = '/data/';

/** The names by which a browser reaches this server, as the Host header has them. */
const hostsOf = (port: number): readonly string[] => [`127.0.0.1:${port}`, `localhost:${port}`];

/** Why `request` is refused; null when it may go on. */
export function refusalOf(request: GuardedRequest, { port, token }: GuardRules): Refused | null {
  const { method, path, headers } = request;
  const { host } = headers;
  if (typeof host !== 'string' || !hostsOf(port).includes(host)) return refused(403, 'wrong_host', WRONG_HOST);
  if (isForeign(request, `http://${host}`)) return refused(403, 'foreign_origin', FOREIGN_ORIGIN);
  if (!path.startsWith(DATA_PREFIX)) return method === 'GET' ? null : refused(405, 'method_not_allowed', METHODS);
  if (method !== 'GET' && method !== 'POST') return refused(405, 'method_not_allowed', METHODS);
  if (!isToken(headers[TOKEN_HEADER], token)) return refused(401, 'wrong_token', WRONG_TOKEN);
  if (method === 'POST' && !isJson(headers['content-type'])) return refused(415, 'json_only', JSON_ONLY);
  return null;
}

/** Whether a page of another origin sent it, by what a browser says. Other programs say nothing: the token stops them. */
function isForeign({ path, headers }: GuardedRequest, own: string): boolean {
  const { origin, 'sec-fetch-site': site } = headers;
  if (origin !== undefined && origin !== own) return true;
  if (site === undefined || site === 'same-origin') return false;
  if (path.startsWith(DATA_PREFIX)) return true;
  // An address that was typed, or a link that was followed: the page may be shown, and in no frame.
  const isOpened = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return !(site === 'none' || isOpened);
}

function isToken(given: string | readonly string[] | undefined, token: string): boolean {
  if (typeof given !== 'string') return false;
  // Two hashes, of the same length for every token, so that the time of the comparison tells nothing.
  return timingSafeEqual(createHash('sha256').update(given).digest(), createHash('sha256').update(token).digest());
}

const isJson = (type: string | readonly string[] | undefined): boolean =>
  typeof type === 'string' && /^application\/json(\s*;\s*charset=utf-8)?$/i.test(type);

const refused = (status: Refused['status'], code: Refused['code'], sentence: string): Refused => ({
  status,
  code,
  sentence,
});

const WRONG_HOST = 'The console answers only to 127.0.0.1 and localhost with its own port.';
const FOREIGN_ORIGIN = 'The console answers only to its own page.';
const METHODS = 'The page is read with GET; its data with GET and POST.';
const WRONG_TOKEN =
  'This page does not have the token of this start of the console: open the address that it has printed last.';
const JSON_ONLY = 'A POST needs Content-Type: application/json.';

/**
 * Headers of every answer. No CORS header is among them. Scripts, styles and data come from this server alone, nothing is
 * inline, and the page makes no HTML from text (Trusted Types without a policy).
 */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

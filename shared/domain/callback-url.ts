/**
 * Which addresses a callback may go to. It is sent from inside the operator's account: too wide a rule would let callers
 * reach hosts there. The address of a name is checked when the connection is made (`shared/clients/callback-post.ts`).
 */
import { Failure } from './failure.ts';

/** The operator's settings for callbacks. */
export interface CallbackRules {
  /** Allowed hosts in lower case, `name` (port 443) or `name:port`. Empty: callbacks are off. */
  readonly hosts: readonly string[];
  /** Allows `localhost`, at any port and without TLS: only for a service that runs on this machine. */
  readonly loopback: boolean;
}

/** Characters of a URL. */
export const MAX_CALLBACK_URL_LENGTH = 2_000;

/**
 * What every accepted URL looks like, as a JSON Schema has it: two slashes, printable ASCII, no fragment, no backslash.
 * `http` only where `loopback` allows it.
 */
export const CALLBACK_URL_PATTERN = '^[Hh][Tt][Tt][Pp][Ss]?://[!"$-\\[\\]-~]+$';

const callbackUrlForm = new RegExp(CALLBACK_URL_PATTERN);

const refuse = (why: string): Failure =>
  new Failure('invalid_request', `callback_url ${why}`, { field: 'callback_url' });

/**
 * The URL to call, as a URL parser writes it.
 *
 * The host is compared after parsing: a parser turns `0x7f.1`, `2130706433` and full-width letters into what a
 * connection would really be made to, so none of them can look like an allowed name and be something else.
 *
 * @throws Failure `invalid_request` with field `callback_url` and a sentence that says what is wrong.
 */
export function checkCallbackUrl(text: string, rules: CallbackRules): string {
  if (rules.hosts.length === 0 && !rules.loopback) {
    throw refuse('is not possible here: the operator has allowed no hosts (setting callbackHosts)');
  }
  // A parser drops line breaks and turns backslashes round: two readers of such a text may see two hosts.
  if (
    text.length > MAX_CALLBACK_URL_LENGTH ||
    !/^[\x21-\x7e]+$/.test(text) ||
    text.includes('\\') ||
    !URL.canParse(text)
  ) {
    throw refuse(`has to be a URL of at most ${MAX_CALLBACK_URL_LENGTH} printable ASCII characters`);
  }
  const url = new URL(text);
  const local = rules.loopback && url.hostname === 'localhost';
  if (url.protocol !== 'https:' && !(local && url.protocol === 'http:')) throw refuse('has to begin with https://');
  if (url.username !== '' || url.password !== '') throw refuse('must not have a user name or a password');
  // An empty fragment too: a parser keeps its `#`.
  if (text.includes('#')) throw refuse('must not have a fragment (#…)');
  // A parser takes `https:host` and `https:/host` for `https://host`.
  if (!callbackUrlForm.test(text)) throw refuse('has to begin with https://');
  if (isAddress(url.hostname)) throw refuse('has to name a host; an IP address is not allowed');
  if (local) return url.href;
  // `host` has the port, unless it is https's own.
  if (!rules.hosts.includes(url.host)) throw refuse('names a host or port that the operator has not allowed');
  return url.href;
}

/** A parsed host is an IPv4 address in dotted decimals, however it was written; IPv6 stands in brackets. */
const isAddress = (hostname: string): boolean => hostname.startsWith('[') || /^\d+(\.\d+){3}$/.test(hostname);

/**
 * One entry of the list of allowed hosts in the form that `checkCallbackUrl` compares; null when it is none: a name
 * with at least one dot, perhaps with a port, nothing else.
 */
export function readCallbackHost(entry: string): string | null {
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+(:\d{1,5})?$/i.test(entry) || !URL.canParse(`https://${entry}`)) return null;
  const { host, hostname } = new URL(`https://${entry}`);
  return isAddress(hostname) ? null : host;
}

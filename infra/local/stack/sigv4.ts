import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** An access key and its secret. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A request as it came over the wire. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query, still encoded. */
  readonly target: string;
  /** Lower-case names; several values of one name joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface SigningScope {
  readonly service: string;
  readonly region: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const MAX_SKEW_MS = 5 * 60_000;

/**
 * Verifies an AWS Signature Version 4 in the `Authorization` header, as API Gateway does for `AWS_IAM` routes: known
 * key, right scope, at most five minutes old, `host` and every `x-amz-*` header signed, and the signature itself.
 *
 * @returns the access key when all of it holds, else undefined
 */
export function verifiedAccessKey(
  request: SignedRequest,
  credentials: readonly Credentials[],
  scope: SigningScope,
): string | undefined {
  const authorization =
    /^AWS4-HMAC-SHA256 +Credential=([^/\s,]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, *SignedHeaders=([^,\s]+), *Signature=([0-9a-f]{64})$/.exec(
      request.headers['authorization']?.trim() ?? '',
    );
  if (authorization === null) return undefined;
  const [, key = '', day = '', region = '', service = '', signedHeaders = '', signature = ''] = authorization;
  const secret = credentials.find(({ accessKeyId }) => accessKeyId === key)?.secretAccessKey;
  const date = request.headers['x-amz-date'] ?? '';
  if (secret === undefined || region !== scope.region || service !== scope.service || !date.startsWith(day))
    return undefined;
  const at = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!(Math.abs(scope.now - at) <= MAX_SKEW_MS)) return undefined;
  const names = signedHeaders.split(';');
  const mustBeSigned = ['host', ...Object.keys(request.headers).filter((name) => name.startsWith('x-amz-'))];
  if (!mustBeSigned.every((name) => names.includes(name))) return undefined;

  const canonical = canonicalRequest(request, names);
  const text = ['AWS4-HMAC-SHA256', date, `${day}/${region}/${service}/aws4_request`, sha256(canonical)].join('\n');
  const signingKey = [day, region, service, 'aws4_request'].reduce(
    (hashKey: string | Buffer, part) => hmac(hashKey, part),
    `AWS4${secret}`,
  );
  return timingSafeEqual(hmac(signingKey, text), Buffer.from(signature, 'hex')) ? key : undefined;
}

function canonicalRequest(request: SignedRequest, names: readonly string[]): string {
  const [path = '/', query = ''] = splitTarget(request.target);
  return [
    request.method,
    canonicalPath(path),
    canonicalQuery(query),
    ...names.map((name) => `${name}:${(request.headers[name] ?? '').trim().replaceAll(/ +/g, ' ')}`),
    '',
    names.join(';'),
    sha256(request.body),
  ].join('\n');
}

const splitTarget = (target: string): [string, string] => {
  const at = target.indexOf('?');
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)];
};

/** Every service but S3 encodes the path, which is encoded already, once more, after removing `.`, `..` and `//`. */
function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(encode(segment));
  }
  const joined = `/${segments.join('/')}`;
  return path.endsWith('/') && joined !== '/' ? `${joined}/` : joined;
}

function canonicalQuery(query: string): string {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=');
      const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
      return [encode(decode(name)), encode(decode(value))] as const;
    })
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

// By code unit, not by locale: the signature depends on it.
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();

/** Requests that the document calls wrong: at least one part of each is none of what the document allows there. */
import fc from 'fast-check';
import { type DocumentedOperation, type Json, objectIn, requestValidator } from './contract.ts';
import type { RawRequest } from './raw-request.ts';

/** A wrong request. */
export interface WrongRequest extends RawRequest {
  /** The operation that it was made from. */
  readonly operationId: string;
  /** The parts that are wrong; the answer has to name one of them. `body` may be any field of the body. */
  readonly wrong: readonly string[];
}

/** One wrong part. */
interface Fault {
  readonly wrong: string;
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** Values that are known to break parsers, shells, databases and log readers. */
const notorious = [
  '.',
  '..',
  '%',
  '%zz',
  '%00',
  '%ff',
  'a%2fb',
  '%2e%2e%2f',
  "'%20OR%201=1",
  '%3Cscript%3E',
  '{x}',
  '%F0%9F%92%B0',
  '~',
  '$',
  'a:b',
  'a@b',
  'ALIAS%23x',
  '*',
  '%0d%0aX:%201',
];

const percent = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

/** A path segment as the gateway reads it: decoded when it can be. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

const wrongSegment = (schema: Json): fc.Arbitrary<string> => {
  const allowed = new RegExp(String(schema['pattern']));
  return fc
    .oneof(
      fc.constantFrom(...notorious),
      fc.uint8Array({ minLength: 1, maxLength: 30 }).map(percent),
      fc.string({ minLength: 1, maxLength: 30 }).map(encodeURIComponent),
      fc.integer({ min: 1001, max: 3000 }).map((length) => 'x'.repeat(length)),
      fc.stringMatching(/^RFR-[0-9A-Z]{1,40}$/),
    )
    .filter((segment) => !allowed.test(decoded(segment)) && !/[/?#\s]/.test(segment));
};

/** Texts in queries and headers that `schema` does not allow. */
const wrongText = (schema: Json, texts: fc.Arbitrary<string>): fc.Arbitrary<string> => {
  const valid = requestValidator(schema);
  const asValue = (text: string): unknown =>
    /^(0|[1-9]\d*|true|false)$/.test(text) && schema['type'] !== 'string' ? JSON.parse(text) : text;
  return fc
    .oneof(
      texts,
      fc.constantFrom('', '-1', '1.5', '01', '1e3', '0x10', 'null', 'NaN', '[]', '{}', 'TRUE', 'yes', '１'),
      fc.integer().map(String),
      fc.bigInt({ min: 10n ** 9n, max: 10n ** 40n }).map(String),
    )
    .filter((text) => !valid(asValue(text)));
};

/** What a header may carry at all; around it HTTP drops blanks. */
const headerText = fc.oneof(
  fc.stringMatching(/^[\x20-\x7e\x80-\xff]{0,60}$/).map((text) => text.trim()),
  fc.integer({ min: 256, max: 600 }).map((length) => 'k'.repeat(length)),
  fc.integer({ min: 2001, max: 3000 }).map((length) => `https://example.com/${'k'.repeat(length)}`),
);
const isHeader = (text: string): boolean => /^[\x20-\x7e\x80-\xff]*$/.test(text);

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** What is taken for a body that is left out. */
const isNoBody = (text: string): boolean => ['', 'null'].includes(text.trim());

/** Values for the fields of a body: near the allowed ones, and far from them. */
const oddValue = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(-1, 0, 0.5, 1, 5, 24, 26, 31_536_001, 1e308, true, null, '', '5', [], {}, [1]),
);

const oddName = fc.constantFrom('__proto__', 'constructor', 'toString', 'Wait', 'maxAge', 'callback', 'EVERY', '');

const wrongJson = (schema: Json): fc.Arbitrary<string> => {
  const valid = requestValidator(schema);
  const names = Object.keys(objectIn(schema['properties']));
  const field = fc.tuple(fc.oneof(fc.constantFrom(...names), oddName, fc.string({ maxLength: 8 })), oddValue);
  // Text and not an object: JSON.stringify would leave out a member called __proto__.
  const object = fc
    .array(field, { maxLength: 4 })
    .map(
      (fields) => `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`,
    );
  return fc
    .oneof({ weight: 4, arbitrary: object }, { weight: 1, arbitrary: fc.json({ maxDepth: 3 }) })
    .filter((text) => !isNoBody(text) && !valid(JSON.parse(text)));
};

const asJson = (body: string | Buffer): Fault => ({
  wrong: 'body',
  headers: { 'content-type': 'application/json' },
  body,
});

const wrongBody = (schema: Json): fc.Arbitrary<Fault> =>
  fc.oneof(
    { weight: 4, arbitrary: wrongJson(schema).map(asJson) },
    fc
      .string({ minLength: 1 })
      .filter((text) => !isNoBody(text) && !isJson(text))
      .map(asJson),
    fc
      .uint8Array({ minLength: 1, maxLength: 60 })
      .filter((bytes) => !isNoBody(Buffer.from(bytes).toString('utf8')))
      .filter((bytes) => !isJson(Buffer.from(bytes).toString('utf8')))
      .map((bytes) => asJson(Buffer.from(bytes))),
    fc.integer({ min: 10_001, max: 40_000 }).map((length) => asJson('{}'.padEnd(length))),
    fc.integer({ min: 1, max: 3_000 }).map((depth) => asJson('['.repeat(depth) + ']'.repeat(depth))),
    fc
      .constantFrom(
        '',
        'text/plain',
        'application/xml',
        'multipart/form-data; boundary=x',
        'application/jsonp',
        'json',
        '*/*',
      )
      .map((type): Fault => ({ wrong: 'body', headers: { 'content-type': type }, body: '{}' })),
  );

/** Headers of which no text is wrong: any tag may be asked about, and another correlation id is ignored. */
const takesAnyText: ReadonlySet<string> = new Set(['If-None-Match', 'X-Correlation-Id']);

/** Everything that can be wrong with a request of `operation`. */
function faultsOf(operation: DocumentedOperation, bodySchema: Json | null): fc.Arbitrary<Fault>[] {
  const faults: fc.Arbitrary<Fault>[] = [];
  for (const { name, in: place, schema } of operation.parameters) {
    if (place === 'path') faults.push(wrongSegment(schema).map((value) => ({ wrong: name, path: { [name]: value } })));
    if (place === 'query') {
      const text = wrongText(schema, fc.string({ unit: 'binary', maxLength: 20 }));
      faults.push(
        text.map((value) => ({ wrong: name, query: new URLSearchParams({ [name]: value }).toString() })),
        // A value twice is no value.
        fc.constant({ wrong: name, query: `${name}=1&${name}=2` }),
      );
    }
    if (place === 'header' && !takesAnyText.has(name)) {
      const text = wrongText(schema, headerText).filter(isHeader);
      faults.push(text.map((value) => ({ wrong: fieldOf(name), headers: { [name.toLowerCase()]: value } })));
    }
  }
  if (bodySchema !== null) faults.push(wrongBody(bodySchema));
  return faults;
}

/** The headers of a trigger stand for fields of its body, and are called by those. */
const fieldOf = (header: string): string =>
  /^Balances-/.test(header) ? header.slice('Balances-'.length).toLowerCase().replaceAll('-', '_') : header;

const identifier = fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/);

/** The first of the words that `schema` allows. @throws TypeError for another kind of parameter, which none has yet */
function firstWordOf({ enum: words }: Json): string {
  if (Array.isArray(words) && typeof words[0] === 'string') return words[0];
  throw new TypeError('a query parameter that must be there has a list of words');
}

/** Requests of `operation` with one to three wrong parts. Credentials are for the caller to add. */
export function wrongRequestsOf(operation: DocumentedOperation, bodySchema: Json | null): fc.Arbitrary<WrongRequest> {
  const faults = faultsOf(operation, bodySchema);
  return fc
    .tuple(
      fc.array(fc.oneof(...faults), { minLength: 1, maxLength: 3 }),
      fc.array(identifier, { minLength: 3, maxLength: 3 }),
    )
    .map(([chosen, identifiers]) => {
      const path = Object.assign({}, ...chosen.map((fault) => fault.path ?? {}));
      const spare = [...identifiers];
      const target = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
        name in path ? path[name] : name === 'refresh_id' ? `RFR-${'0'.repeat(26)}` : (spare.pop() ?? 'x'),
      );
      const wrongQuery = chosen.map((fault) => fault.query).filter((part) => part !== undefined);
      const isWrong = ({ name }: { readonly name: string }) => chosen.some(({ wrong }) => wrong === name);
      // What a query must have is there, unless that is what is wrong.
      const needed = operation.parameters.filter((one) => one.in === 'query' && one.required && !isWrong(one));
      const query = [...needed.map(({ name, schema }) => `${name}=${firstWordOf(schema)}`), ...wrongQuery];
      const body = chosen.findLast((fault) => fault.body !== undefined);
      return {
        operationId: operation.operationId,
        method: operation.method,
        target: query.length === 0 ? target : `${target}?${query.join('&')}`,
        headers: Object.assign({}, ...chosen.map((fault) => fault.headers ?? {}), body?.headers ?? {}),
        ...(body?.body === undefined ? {} : { body: body.body }),
        wrong: chosen.map(({ wrong }) => wrong),
      };
    });
}

/** Paths and methods that the document does not have. */
export function unknownRequests(operations: readonly DocumentedOperation[]): fc.Arbitrary<RawRequest> {
  const known = operations.map(({ path }) => path.replaceAll(/\{\w+\}/g, 'x'));
  const has = (method: string, path: string): boolean =>
    operations.some(
      // HEAD is wherever GET is; the document says so in one sentence.
      (one) =>
        one.method === (method === 'HEAD' ? 'GET' : method) &&
        new RegExp(`^${one.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path),
    );
  const segment = fc.oneof(
    fc.constantFrom('users', 'members', 'accounts', 'x', ''),
    fc.constantFrom(...notorious),
    identifier,
  );
  const target = fc.oneof(
    fc.constantFrom(...known),
    fc.constantFrom(...known).map((path) => `${path}/`),
    fc.constantFrom(...known).map((path) => path.toUpperCase()),
    fc.array(segment, { maxLength: 7 }).map((segments) => `/${segments.join('/')}`),
  );
  return fc
    .record({
      method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'),
      target,
      headers: fc.constant({}),
      body: fc.constantFrom('', '{}', 'not json'),
    })
    .filter((request) => !has(request.method, request.target))
    .map(({ body, ...request }) => (body === '' ? request : { ...request, body }));
}

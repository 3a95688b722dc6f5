/** docs/openapi.json, read so that tests can compare answers with it. */
import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/** A part of the document, or of an answer. */
export type Json = Readonly<Record<string, unknown>>;

/** The document as it is kept. */
export const openApi: Json = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8'));

/** `value` when it is an object, else an empty one. */
export const objectIn = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};

/** What `node` says, or what it refers to. */
export function resolved(node: unknown): Json {
  const { $ref: ref } = objectIn(node);
  if (typeof ref !== 'string') return objectIn(node);
  return ref
    .slice('#/'.length)
    .split('/')
    .reduce<Json>((inner, step) => objectIn(inner[step]), openApi);
}

/** A parameter of an operation. */
export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly schema: Json;
}

/** One operation of the document. */
export interface DocumentedOperation {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly parameters: readonly Parameter[];
  /** The schema of its body; null when it takes none. */
  readonly body: Json | null;
  readonly security: readonly Json[];
  readonly responses: Json;
}

function operationOf(path: string, method: string, node: Json): DocumentedOperation {
  const { operationId, parameters = [], requestBody, security = [], responses } = node;
  const json = objectIn(objectIn(objectIn(requestBody)['content'])['application/json']);
  return {
    method: method.toUpperCase(),
    path,
    operationId: String(operationId),
    parameters: (parameters as unknown[]).map((parameter) => {
      const { name, in: place, required, schema } = resolved(parameter);
      return { name: String(name), in: String(place), required: required === true, schema: objectIn(schema) };
    }),
    body: requestBody === undefined ? null : objectIn(json['schema']),
    security: security as Json[],
    responses: objectIn(responses),
  };
}

/** Every operation. */
export const operations: readonly DocumentedOperation[] = Object.entries(objectIn(openApi['paths'])).flatMap(
  ([path, item]) => Object.entries(objectIn(item)).map(([method, node]) => operationOf(path, method, objectIn(node))),
);

/** The operation called `operationId`. */
export function operation(operationId: string): DocumentedOperation {
  const found = operations.find((candidate) => candidate.operationId === operationId);
  if (found === undefined) throw new Error(`the document has no operation ${operationId}`);
  return found;
}

const toWhole = (_: string, value: unknown): unknown => {
  const node = objectIn(value);
  if (typeof node['$ref'] === 'string') return { ...node, $ref: node['$ref'].replace(/^#/, 'openapi#') };
  return value;
};

/**
 * Answers may have no members besides those in the document, although readers have to accept new ones: otherwise a
 * member that the document lacks would go unnoticed.
 */
const closing = (_: string, value: unknown): unknown =>
  'properties' in objectIn(value) && objectIn(value)['type'] !== undefined
    ? { additionalProperties: false, ...objectIn(value) }
    : value;

const rewritten = (value: unknown, rewrite: (key: string, value: unknown) => unknown): Json =>
  JSON.parse(JSON.stringify(value, rewrite));

function compiler(document: Json): Ajv2020 {
  const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, strict: false });
  addFormats.default(ajv);
  return ajv.addSchema(document, 'openapi');
}

const asWritten = compiler(openApi);
const closed = compiler(rewritten(openApi, closing));

/** A validator of what callers send. */
export const requestValidator = (schema: Json): ValidateFunction => asWritten.compile(rewritten(schema, toWhole));

const compiled = new Map<string, ValidateFunction>();

/** What is wrong with `value` as an answer of `schema`; empty when nothing is. */
export function faultsOf(schema: Json, value: unknown): readonly string[] {
  const key = JSON.stringify(schema);
  const validate = compiled.get(key) ?? closed.compile(rewritten(rewritten(schema, closing), toWhole));
  compiled.set(key, validate);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

/** Headers that HTTP itself brings. */
const transport: ReadonlySet<string> = new Set(['connection', 'content-length', 'content-type', 'date', 'keep-alive']);

/** An answer as it came. */
export interface Answered {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** The responses of what matches no path or method of the document. */
export const unmatched: Json = objectIn(objectIn(openApi['x-any-other-request'])['responses']);

/** The parts of `answer` that `responses` does not allow: status, media type, body, headers. */
export function undocumented(responses: Json, answer: Answered): readonly string[] {
  const { status, headers, text } = answer;
  if (responses[status] === undefined) return [`status ${status}: ${text.slice(0, 200)}`];
  const response = resolved(responses[status]);
  const named = new Set(Object.keys(objectIn(response['headers'])).map((name) => name.toLowerCase()));
  const faults = Object.keys(headers)
    .filter((name) => !transport.has(name) && !named.has(name))
    .map((name) => `header ${name} of ${status}`);
  for (const [name, header] of Object.entries(objectIn(response['headers']))) {
    const value = headers[name.toLowerCase()];
    if (value === undefined) continue;
    const schema = objectIn(resolved(header)['schema']);
    const read: unknown = schema['type'] === 'integer' ? Number(value) : value;
    faults.push(...faultsOf(schema, read).map((fault) => `header ${name}: ${fault}`));
  }
  const content = objectIn(response['content']);
  if (Object.keys(content).length === 0) return text === '' ? faults : [...faults, `a body with ${status}`];
  const type = (headers['content-type'] ?? '').split(';')[0] ?? '';
  const media = objectIn(content[type]);
  if (media['schema'] === undefined) return [...faults, `media type ${type} of ${status}`];
  return [...faults, ...faultsOf(objectIn(media['schema']), JSON.parse(text))];
}

/** The parts of an operation, and the small functions that make them. */
import type { AnswerHeader } from '../../../shared/lambda/header-names.ts';
import type { ProblemCode } from '../../../shared/lambda/problem.ts';
import type { ParameterName } from './parameters.ts';

/** A request that follows from an answer: an OpenAPI link. */
export interface Link {
  readonly operationId: string;
  readonly description: string;
  /** Every path parameter of that operation, as an OpenAPI runtime expression. */
  readonly parameters: Readonly<Partial<Record<ParameterName, string>>>;
}

/** A good answer. */
export interface Success {
  readonly description: string;
  readonly headers: readonly AnswerHeader[];
  /** Absent: no body. */
  readonly schema?: object;
  readonly examples?: Readonly<Record<string, unknown>>;
  /** What a caller asks for next, by name. */
  readonly links?: Readonly<Record<string, Link>>;
}

/** One operation, before it is written out. */
export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tag:
    | 'Refreshes'
    | 'Balances'
    | 'Schedule'
    | 'Attention'
    | 'Institutions'
    | 'Data rights'
    | 'From MX'
    | 'Service';
  /** The right that a `basic` caller needs; null: none. `webhook`: MX’s own, checked as `basic` also with `iam`. */
  readonly right: 'read' | 'trigger' | 'erase' | 'webhook' | null;
  readonly parameters: readonly ParameterName[];
  readonly body?: {
    readonly schema: string;
    readonly required: boolean;
    readonly examples: Readonly<Record<string, unknown>>;
  };
  readonly answers: Readonly<Record<number, Success>>;
  /** Besides those that every operation of its kind has. */
  readonly problems: readonly ProblemCode[];
}

/** A body whose named members are always there. */
export const object = (properties: Readonly<Record<string, unknown>>) => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
});
/** A schema of the components, by name. */
export const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
/** A list of such. */
export const listOf = (name: string) => ({ type: 'array', items: ref(name) });

/** The parameters of every route of a member. */
export const member: readonly ParameterName[] = ['user_identifier', 'member_identifier'];
/** The headers of every GET. */
export const reading: readonly ParameterName[] = ['Accept-Version', 'X-Correlation-Id', 'If-None-Match'];

/** A GET: its answer, and 304 for a caller whose `If-None-Match` has its ETag. */
export const read = (
  description: string,
  schema: object,
  example: unknown,
  headers: readonly AnswerHeader[] = [],
): Operation['answers'] => ({
  200: { description, headers: ['ETag', ...headers], schema, examples: { example } },
  304: { description: 'Unchanged since the answer with the ETag in `If-None-Match`.', headers: ['ETag', ...headers] },
});

/** The first sentences of the descriptions of MX’s reads. */
export const stored = 'From the tables; MX is not asked. The body is MX’s, freshness is in the headers. ';

/** The path of a member. */
export const memberPath = '/users/{user_identifier}/members/{member_identifier}';

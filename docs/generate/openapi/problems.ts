/** Every problem as an answer of the document: from the one table of codes, with examples made by the code itself. */
import type { AnswerHeader } from '../../../shared/lambda/header-names.ts';
import { type Problem, type ProblemCode, problemKind, problemOf } from '../../../shared/lambda/problem.ts';
import { headers, headersOf } from './headers.ts';

/** Message and details of a code's example; other codes repeat their title. */
const said: Readonly<Partial<Record<ProblemCode, readonly [message: string, details: Problem['details']]>>> = {
  invalid_request: ['wait has to be a whole number of seconds from 0 to 25', { field: 'wait' }],
  unauthorized: ['client id or key is missing or wrong', {}],
  forbidden: ['this caller does not have the right to trigger', {}],
  not_acceptable: ['Accept-Version may be v20250224, or be left out', { field: 'Accept-Version' }],
  method_not_allowed: ['this path has GET', { allow: ['GET'] }],
  idempotency_conflict: ['this Idempotency-Key came with another request before', { field: 'Idempotency-Key' }],
  idempotency_in_flight: [
    'the first request with this Idempotency-Key is being answered',
    { field: 'Idempotency-Key', retryAfterSeconds: 2 },
  ],
  payload_too_large: ['the body is larger than 10000 bytes', {}],
  unsupported_media_type: ['a body has to be JSON, sent as application/json', {}],
  allowance_used_up: [
    'MX allows 5 balance checks per member in 7200 seconds; they are used up',
    { retryAfterSeconds: 5_400 },
  ],
  caller_allowance_used_up: [
    'one caller may start 4 balance checks per member in 7200 seconds (setting allowanceStartsPerCaller); they are used up',
    { retryAfterSeconds: 3_600, limit: 'allowanceStartsPerCaller' },
  ],
  schedule_too_often: [
    'every may not be less than 6 hours here (setting minScheduleHours)',
    { field: 'every', limit: 'minScheduleHours' },
  ],
  schedule_changes_used_up: [
    'one caller may change 10000 schedules a day (setting scheduleChangesPerCaller), and has',
    { retryAfterSeconds: 3_600, limit: 'scheduleChangesPerCaller' },
  ],
  too_many_callbacks: [
    'one caller may have 10 callbacks for one refresh (setting callbacksPerCaller), and has them',
    { refreshId: 'RFR-01KJPWK7Y0QX0V5D8ZJ4H2M9TC', limit: 'callbacksPerCaller' },
  ],
  too_many_requests: ['too many failed attempts from this address', { retryAfterSeconds: 42 }],
  mx_institution: [
    'MX answered 400 to check_balance: the institution does not allow it now',
    {
      mxErrorType: 'institution_maintenance_error',
      userMessage: 'This institution is temporarily unavailable due to scheduled system maintenance.',
      refreshId: 'RFR-01KJPWK7Y0QX0V5D8ZJ4H2M9TC',
    },
  ],
};

/** The body of a problem. */
function exampleOf(code: ProblemCode): unknown {
  const [message, details] = said[code] ?? [problemKind(code).title, {}];
  return JSON.parse(problemOf({ code, message, details }).body);
}

/** `components.examples`: one for each of `codes`. */
export const problemExamples = (codes: readonly ProblemCode[]) =>
  Object.fromEntries(codes.map((code) => [code, { summary: problemKind(code).title, value: exampleOf(code) }]));

/** What the gateway answers by itself, and when. */
const gateway: Readonly<Record<number, readonly [message: string, when: string]>> = {
  403: ['Forbidden', 'with `iam`, when the signature is missing or wrong or the identity’s policies do not allow it'],
  413: ['Request Entity Too Large', 'to a body of more than 10 MB'],
  429: ['Too Many Requests', 'above the rate that the operator allows; it has no `Retry-After`'],
  500: ['Internal Server Error', 'when a function could not answer'],
  503: ['Service Unavailable', 'when a function took more than 30 s or could not be run'],
};

/** A response component and its name. */
export interface NamedResponse {
  readonly name: string;
  readonly response: object;
}

const pascal = (code: string): string =>
  code.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The answer with `status` that is one of `codes`, or the gateway's own. */
export function problemResponse(status: number, codes: readonly ProblemCode[]): NamedResponse {
  const own = gateway[status];
  const sentences = [
    ...codes.map((code) => `\`${code}\`: ${problemKind(code).title}.`),
    ...(own === undefined ? [] : [`\`{"message":"${own[0]}"}\` from the gateway itself, ${own[1]}.`]),
  ];
  return {
    name: codes.length === 0 ? `Gateway${status}` : codes.map(pascal).join('Or'),
    response: {
      description: sentences.join(' '),
      headers: headersOf(headersFor(status, codes)),
      content: {
        ...(codes.length === 0
          ? {}
          : {
              'application/problem+json': {
                schema: { $ref: '#/components/schemas/Problem' },
                examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
              },
            }),
        ...(own === undefined
          ? {}
          : {
              'application/json': {
                schema: { $ref: '#/components/schemas/GatewayMessage' },
                example: { message: own[0] },
              },
            }),
      },
    },
  };
}

/**
 * MX's answers to the trigger may bring a `Retry-After` of MX's own, and its final ones (400) are kept with an
 * `Idempotency-Key`.
 */
function headersFor(status: number, codes: readonly ProblemCode[]): readonly AnswerHeader[] {
  const fromMx = codes.some((code) => code.startsWith('mx_'));
  const names: AnswerHeader[] = [];
  if ((status === 409 || status === 429 || status === 503 || fromMx) && codes.length > 0) names.push('Retry-After');
  if (fromMx && status === 400) names.push('Idempotency-Replayed');
  if (status === 401) names.push('WWW-Authenticate');
  if (status === 405) names.push('Allow');
  return names;
}

/**
 * What a request gets that matches no path or method of the document. OpenAPI has no place for that, and a linter does
 * not look into extensions, so nothing here refers to components that would be used nowhere else.
 */
export const unmatchedResponses = () =>
  Object.fromEntries(
    unmatchedCodes.map((codes) => {
      const [code] = codes;
      return [
        problemKind(code).status,
        {
          description: codes.map((one) => `\`${one}\`: ${problemKind(one).title}.`).join(' '),
          headers: { ...headersOf([]), ...(code === 'method_not_allowed' ? { Allow: headers.Allow } : {}) },
          content: {
            'application/problem+json': {
              schema: { $ref: '#/components/schemas/Problem' },
              examples: Object.fromEntries(codes.map((one) => [one, { value: exampleOf(one) }])),
            },
          },
        },
      ];
    }),
  );

/** By status. */
const unmatchedCodes = [
  ['not_found', 'stays_at_mx'],
  ['method_not_allowed'],
  ['not_acceptable'],
  ['internal'],
] as const satisfies readonly ProblemCode[][];

/** Descriptions and examples of the answers' headers. */
import { type AnswerHeader, everyAnswerHeaders } from '../../../shared/lambda/header-names.ts';
import { explained, staleReasons } from './vocabulary.ts';

const text = (description: string, example: string) => ({ description, schema: { type: 'string' }, example });

const instant = (description: string) => ({
  description,
  schema: { type: 'string', format: 'date-time' },
  example: '2026-03-02T09:00:04.000Z',
});

const seconds = (description: string, example: number) => ({
  description,
  schema: { type: 'integer', minimum: 0 },
  example,
});

/** `components.headers`. A header without a description, or with another name, does not compile. */
export const headers = {
  'Strict-Transport-Security': text('HTTPS only, for a year.', 'max-age=31536000'),
  'X-Content-Type-Options': text('Browsers must not guess another media type.', 'nosniff'),
  'Cache-Control': text('Answers must not be kept in any cache.', 'no-store'),
  'Apigw-Requestid': text(
    'Names this request in the operator’s access log. Quote it when you ask for help.',
    'Xq2bTgJ5oAMEPcg=',
  ),
  ETag: text('Changes when the body or a header of `Balances-…` changes.', '"bXVjaCBhZG8gYWJvdXQgbm90aGl"'),
  Location: text('Path of the refresh.', '/refreshes/RFR-01KJPWK7Y0QX0V5D8ZJ4H2M9TC'),
  'Retry-After': seconds('Seconds after which the answer to the same request can be another.', 5),
  Allow: text('The methods that this path has.', 'GET, PUT, DELETE'),
  'WWW-Authenticate': text('HTTP Basic is expected.', 'Basic realm="mx-fresh-balances", charset="UTF-8"'),
  'Idempotency-Replayed': text(
    '`true`: an earlier request with this `Idempotency-Key` started the refresh or got the balances of this answer, which are read anew.',
    'true',
  ),
  'Balances-Known-Members': {
    description:
      'Of how many members this list is made: those of the user that this service knows. MX may have others.',
    schema: { type: 'integer', minimum: 1 },
    example: 2,
  },
  'Balances-Freshness': {
    description:
      '`fresh` or `stale`, by the age that the operator allows; `never_refreshed` when no refresh has succeeded yet. A list is as fresh as its oldest account.',
    schema: { type: 'string', enum: ['fresh', 'stale', 'never_refreshed'] },
    example: 'fresh',
  },
  'Balances-Stale-Reason': text(
    `Why the balances are stale: ${explained(staleReasons)}; or the code with which the last refresh ended.`,
    'not_imported',
  ),
  'X-Correlation-Id': text(
    'The request’s own, if it had one that is allowed; else the id of the refresh that this answer is about, or of the request.',
    'order-4711',
  ),
  'Balances-Fresh-As-Of': instant(
    'What the age of the oldest account of this answer is counted from: `Balances-Observed-At`, or MX’s `imported_at` where a job left the account behind.',
  ),
  'Balances-Observed-At': instant('When that account was observed at MX.'),
  'Balances-Refresh-Id': text('The refresh that observed it.', 'RFR-01KJPWK7Y0QX0V5D8ZJ4H2M9TC'),
  'Balances-Trigger': {
    description: 'What asked for that refresh.',
    schema: { type: 'string', enum: ['http', 'schedule', 'mx_webhook'] },
    example: 'http',
  },
  'Balances-Last-Attempt': text(
    'How the newest refresh that has ended went: outcome, action, code and time.',
    'succeeded; action=none; code=stored; ended_at=2026-03-02T09:00:05.000Z',
  ),
  'Balances-Last-Success': instant('When the newest refresh that succeeded observed the balances.'),
  'Balances-Incomplete': text(
    'The last success may not have stored every account that MX listed, so lists may lack one. Absent: it has.',
    'true',
  ),
  'Balances-Next-Refresh-Allowed-At': instant(
    'When MX’s allowance for this member and its `Retry-After` let the next refresh start. Absent: now.',
  ),
  'Balances-Schedule-Held': text(
    'Why the schedule does not start the member: the code, what has to happen, since when. Absent: it does, or the member is on none.',
    'denied; action=reauthenticate; since=2026-03-02T09:00:04.000Z',
  ),
  Age: seconds('Seconds since `Balances-Fresh-As-Of`.', 12),
  'Last-Modified': text('`Balances-Observed-At` as an HTTP date.', 'Mon, 02 Mar 2026 09:00:04 GMT'),
} as const satisfies Readonly<Record<AnswerHeader, object>>;

/** The headers of one answer: `names`, and those that every answer has. */
export const headersOf = (names: readonly AnswerHeader[]): Readonly<Record<string, { readonly $ref: string }>> =>
  Object.fromEntries([...names, ...everyAnswerHeaders].map((name) => [name, { $ref: `#/components/headers/${name}` }]));

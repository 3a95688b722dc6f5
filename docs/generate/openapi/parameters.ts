/** Every parameter of the API, with the limits that the code checks. */
import { CALLBACK_URL_PATTERN, MAX_CALLBACK_URL_LENGTH } from '../../../shared/domain/callback-url.ts';
import { IDENTIFIER_PATTERN } from '../../../shared/domain/identifier.ts';
import { MAX_WAITING } from '../../../shared/domain/waiting-members.ts';
import { DEFAULT_AMOUNTS, HISTORY_CURSOR, MAX_AMOUNTS } from '../../../shared/lambda/history-query.ts';
import { VERSIONS } from '../../../shared/lambda/http.ts';
import { MAX_RECORDS, MIN_RECORDS } from '../../../shared/lambda/mx-pagination.ts';
import { MAX_WAIT_SECONDS } from '../../../shared/lambda/time-limits.ts';
import { MAX_AGE_SECONDS } from '../../../shared/lambda/trigger-options.ts';
import { attentionWords, explained } from './vocabulary.ts';

const identifier = (name: string, description: string, example: string) => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string', pattern: IDENTIFIER_PATTERN },
  example,
});

const REFRESH_ID = '^RFR-[0-9A-Z]{26}$';

/** Where a caller is told, in a header or a body. */
export const callbackUrl = {
  type: 'string',
  format: 'uri',
  maxLength: MAX_CALLBACK_URL_LENGTH,
  pattern: CALLBACK_URL_PATTERN,
} as const;

/** `components.parameters`. */
export const parameters = {
  user_identifier: identifier(
    'user_identifier',
    'The user: MX’s guid or your own id, as at MX.',
    'USR-fa7537f3-48aa-a683-a02a-b18940482f54',
  ),
  member_identifier: identifier(
    'member_identifier',
    'The member: MX’s guid or your own id, as at MX.',
    'MBR-7c6f361b-e582-15b6-60c0-358f12466b4b',
  ),
  account_identifier: identifier(
    'account_identifier',
    'The account: MX’s guid or its id, as at MX.',
    'ACT-06d7f44b-caae-0f6e-1384-01f52e75dcb1',
  ),
  refresh_id: {
    name: 'refresh_id',
    in: 'path',
    required: true,
    description: 'From the trigger’s answer, its `Location`, an event or a freshness block.',
    schema: { type: 'string', pattern: REFRESH_ID },
    example: 'RFR-01KJPWK7Y0QX0V5D8ZJ4H2M9TC',
  },
  code: {
    name: 'code',
    in: 'path',
    required: true,
    description: 'The `code` of a problem.',
    schema: { type: 'string', pattern: '^[a-z_]+$' },
    example: 'member_not_found',
  },
  page: {
    name: 'page',
    in: 'query',
    description: 'The page, counted from 1. A page past the end is empty.',
    schema: { type: 'integer', minimum: 1, maximum: 999_999_999, default: 1 },
  },
  records_per_page: {
    name: 'records_per_page',
    in: 'query',
    description: `Accounts on a page. As at MX, a number outside ${MIN_RECORDS} to ${MAX_RECORDS} silently becomes 25.`,
    schema: { type: 'integer', minimum: 1, maximum: 999_999_999, default: 25 },
  },
  include_unlisted: {
    name: 'include_unlisted',
    in: 'query',
    description: '`true`: also accounts that MX no longer lists. They never make a list look fresh.',
    schema: { type: 'boolean', default: false },
  },
  cursor: {
    name: 'cursor',
    in: 'query',
    description: 'The `next_cursor` of the page before.',
    schema: { type: 'string', pattern: REFRESH_ID },
  },
  institution_code: {
    name: 'institution_code',
    in: 'path',
    required: true,
    description: 'MX’s code of the institution: `institution_code` of its members and accounts.',
    schema: { type: 'string', pattern: IDENTIFIER_PATTERN },
    example: 'mxbank',
  },
  institutions_cursor: {
    name: 'cursor',
    in: 'query',
    description: 'The `next_cursor` of the page before.',
    schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{2,1366}$' },
  },
  limit: {
    name: 'limit',
    in: 'query',
    description: 'Institutions on a page, at most.',
    schema: { type: 'integer', minimum: 1, maximum: 100, default: 25 },
  },
  action: {
    name: 'action',
    in: 'query',
    required: true,
    description: `Which members: those that wait for this. ${explained(attentionWords)}.`,
    schema: { type: 'string', enum: Object.keys(attentionWords) },
    example: 'reauthenticate',
  },
  waiting_cursor: {
    name: 'cursor',
    in: 'query',
    description: 'The `next_cursor` of the page before, for the same `action`.',
    schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{2,4096}$' },
  },
  waiting_limit: {
    name: 'limit',
    in: 'query',
    description: 'Members on a page, at most.',
    schema: { type: 'integer', minimum: 1, maximum: MAX_WAITING, default: 25 },
  },
  history_from: {
    name: 'from',
    in: 'query',
    description: 'Amounts that held then or later: those of that moment are among them, if they are kept.',
    schema: { type: 'string', format: 'date-time' },
  },
  history_to: {
    name: 'to',
    in: 'query',
    description: 'Amounts that were first seen then or earlier.',
    schema: { type: 'string', format: 'date-time' },
  },
  history_limit: {
    name: 'limit',
    in: 'query',
    description: 'Amounts on a page, at most.',
    schema: { type: 'integer', minimum: 1, maximum: MAX_AMOUNTS, default: DEFAULT_AMOUNTS },
  },
  history_cursor: {
    name: 'cursor',
    in: 'query',
    description: 'The `next_cursor` of the page before, with the same account, `from` and `to`.',
    schema: { type: 'string', pattern: HISTORY_CURSOR },
  },
  at_mx: {
    name: 'at_mx',
    in: 'query',
    description:
      '`true`: each of the erased members is deleted at MX too. Cannot be taken back. Left out or `false`: MX keeps what it has.',
    schema: { type: 'string', enum: ['true', 'false'], default: 'false' },
  },
  user_at_mx: {
    name: 'at_mx',
    in: 'query',
    description:
      '`true`: each member that is known here is deleted at MX too. `user`: MX’s user as well, with everything that MX has of it. Cannot be taken back. Left out or `false`: MX keeps what it has.',
    schema: { type: 'string', enum: ['true', 'false', 'user'], default: 'false' },
  },
  erasure_id: {
    name: 'erasure_id',
    in: 'path',
    required: true,
    description: 'The id of a receipt.',
    schema: { type: 'string', pattern: '^ERS-[0-9a-f]{32}$' },
    example: 'ERS-0f1e2d3c4b5a69788796a5b4c3d2e1f0',
  },
  breaker: {
    name: 'breaker',
    in: 'query',
    description: '`open`: only institutions whose breaker is open.',
    schema: { type: 'string', enum: ['open'] },
  },
  'Accept-Version': {
    name: 'Accept-Version',
    in: 'header',
    description: 'The version of MX’s API to speak. Left out, it is the newest of these.',
    schema: { type: 'string', enum: [...VERSIONS] },
  },
  'X-Correlation-Id': {
    name: 'X-Correlation-Id',
    in: 'header',
    description:
      'What the caller calls this request. It is in the service’s log lines and, with a trigger, in everything that its refresh causes: messages, events, callbacks, the refresh itself. Not for identities: it is written to logs and to the bus. At most 64 of the characters `A-Z a-z 0-9 . _ -`; anything else is ignored, and no reason for 400.',
    schema: { type: 'string' },
  },
  'If-None-Match': {
    name: 'If-None-Match',
    in: 'header',
    description: 'The `ETag` of an earlier answer. Unchanged since: 304 and no body.',
    schema: { type: 'string' },
  },
  'Idempotency-Key': {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'Makes repeating safe for 24 hours, per caller, method and path: the same request gets the same answer (2xx and final 400), another request 422, and one that comes while the first is being answered 409. The same answer is about the same refresh or stored balances, read anew: the refresh may have ended since, ages are of now, and a deleted member is 404. What may go better next time (404, 409, 429, 5xx, and 400 with the action `retry_later`) is not kept. `wait` is not compared.',
    schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' },
  },
  'Balances-Max-Age': {
    name: 'Balances-Max-Age',
    in: 'header',
    description: '`max_age` for clients that cannot send a body. The body wins.',
    schema: { type: 'integer', minimum: 0, maximum: MAX_AGE_SECONDS },
  },
  'Balances-Wait': {
    name: 'Balances-Wait',
    in: 'header',
    description: '`wait` for clients that cannot send a body. The body wins.',
    schema: { type: 'integer', minimum: 0, maximum: MAX_WAIT_SECONDS },
  },
  'Balances-User-Present': {
    name: 'Balances-User-Present',
    in: 'header',
    description: '`user_present` for clients that cannot send a body. The body wins.',
    schema: { type: 'boolean' },
  },
  'Balances-Callback-Url': {
    name: 'Balances-Callback-Url',
    in: 'header',
    description: '`callback_url` for clients that cannot send a body. The body wins.',
    schema: callbackUrl,
  },
} as const;

/** The name of a parameter. */
export type ParameterName = keyof typeof parameters;

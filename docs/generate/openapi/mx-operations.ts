/** MX’s routes: the trigger, and reads of what is stored. */
import { freshnessHeaderNames } from '../../../shared/lambda/header-names.ts';
import { examples } from './examples.ts';
import { listOf, member, memberPath, type Operation, object, read, reading, ref, stored } from './operation.ts';

const triggerBody = {
  member: ref('Member'),
  refresh: ref('TriggeredRefresh'),
};

/** What follows from an accepted refresh. */
const acceptedLinks = {
  refresh: {
    operationId: 'readRefresh',
    description: 'How it goes, and how it ended: asked for until `status` is `ended`.',
    parameters: { refresh_id: '$response.body#/refresh/refresh_id' },
  },
  accounts: {
    operationId: 'listMemberAccounts',
    description: 'The balances, once the refresh has ended as `succeeded`.',
    parameters: {
      user_identifier: '$response.body#/refresh/user_guid',
      member_identifier: '$response.body#/refresh/member_guid',
    },
  },
};

const knownOnly =
  'Only of members that this service knows and that are not deleted: `Balances-Known-Members` says how many. As fresh as the least fresh of them; `never_refreshed` when one has none stored.';

/** How MX refuses for good, of every route that calls it. */
const refusedByMx = [
  'mx_credentials_missing',
  'mx_credentials_rejected',
  'mx_forbidden',
  'mx_redirected',
  'mx_not_found',
  'mx_refused',
  'mx_institution',
] as const;

/** Lists of several members have no attempt of their own, and no allowance. */
const listHeaders = [
  'Balances-Known-Members',
  'Balances-Incomplete',
  'Balances-Freshness',
  'Balances-Stale-Reason',
  'Balances-Fresh-As-Of',
  'Balances-Observed-At',
  'Balances-Refresh-Id',
  'Balances-Trigger',
  'Age',
  'Last-Modified',
] as const;

/** By route key. */
export const mxOperations: Readonly<Record<string, Operation>> = {
  [`POST ${memberPath}/check_balance`]: {
    operationId: 'checkBalances',
    summary: 'Ask for fresh balances',
    description:
      'Starts MX’s balance check for the member, or joins the refresh that is running. MX’s route, status and `member`; `refresh` is beside it. With `max_age` or `wait` the answer may be 200 with the balances. Options stand in the body or in headers; `null` and white space are no body.',
    tag: 'Refreshes',
    right: 'trigger',
    parameters: [
      ...member,
      'Accept-Version',
      'X-Correlation-Id',
      'Idempotency-Key',
      'Balances-Max-Age',
      'Balances-Wait',
      'Balances-User-Present',
      'Balances-Callback-Url',
    ],
    body: {
      schema: 'TriggerOptions',
      required: false,
      examples: { asAtMx: {}, freshEnough: { max_age: 3600 }, waiting: { wait: 20 }, both: { max_age: 600, wait: 20 } },
    },
    answers: {
      200: {
        description:
          'The balances: young enough for `max_age` (`refresh` is null), or after the end of the refresh that was waited for. See `refresh.outcome` whether that brought new ones.',
        headers: ['Location', 'Idempotency-Replayed'],
        schema: {
          type: 'object',
          required: ['member', 'refresh', 'freshness'],
          properties: {
            ...triggerBody,
            refresh: { anyOf: [ref('TriggeredRefresh'), { type: 'null' }] },
            accounts: { description: 'Left out for a caller that may not read.', ...listOf('Account') },
            freshness: ref('Freshness'),
          },
        },
        examples: { waited: examples.waited, freshEnough: examples.freshEnough },
      },
      202: {
        description: 'A refresh runs: this trigger’s, or one that it has joined.',
        headers: ['Location', 'Retry-After', 'Idempotency-Replayed'],
        schema: {
          ...object(triggerBody),
          properties: { ...triggerBody, institution_degraded: ref('InstitutionDegraded') },
        },
        examples: { example: examples.accepted },
        links: acceptedLinks,
      },
    },
    problems: [
      'payload_too_large',
      'unsupported_media_type',
      'idempotency_conflict',
      'idempotency_in_flight',
      'member_deleted',
      'user_erased',
      'allowance_used_up',
      'caller_allowance_used_up',
      'too_many_callbacks',
      ...refusedByMx,
      'mx_conflict',
      'mx_rate_limited',
      'paused',
      'mx_unavailable',
      'mx_timeout',
      'mx_bad_answer',
    ],
  },
  [`PUT ${memberPath}/resume`]: {
    operationId: 'resumeAggregation',
    summary: 'Pass on the user’s answers to what MX asks',
    description:
      'MX’s route, status and `member`; `refresh` is beside it. The answers go to MX and are stored nowhere; they are never sent twice. A running refresh goes on with its user present and looks soon; without one, a refresh begins that follows MX’s job to its end, which needs no balance check and none of its allowance. After 504 do not send them again: look at the member first.',
    tag: 'Refreshes',
    right: 'trigger',
    parameters: [...member, 'Accept-Version'],
    body: { schema: 'ChallengeAnswers', required: true, examples: { example: examples.answers } },
    answers: {
      202: {
        description: 'MX goes on with the answers, and a refresh runs: see how it goes.',
        headers: ['Location', 'Retry-After'],
        schema: object(triggerBody),
        examples: { example: examples.accepted },
        links: acceptedLinks,
      },
    },
    problems: [
      'payload_too_large',
      'unsupported_media_type',
      'member_deleted',
      'user_erased',
      ...refusedByMx,
      'mx_not_challenged',
      'mx_conflict',
      'mx_rate_limited',
      'paused',
      'answers_unknown',
      'answers_taken',
    ],
  },
  [`GET ${memberPath}`]: {
    operationId: 'readMember',
    summary: 'Read a member',
    description: `${stored}\`is_being_aggregated\` stays true until what a reader would find is stored.`,
    tag: 'Balances',
    right: 'read',
    parameters: [...member, ...reading],
    answers: read('The member.', object({ member: ref('Member') }), examples.member, freshnessHeaderNames),
    problems: ['member_not_found', 'member_deleted'],
  },
  [`GET ${memberPath}/status`]: {
    operationId: 'readMemberStatus',
    summary: 'Read a member’s status',
    description: `${stored}For clients that poll until the member is idle and then read its accounts.`,
    tag: 'Balances',
    right: 'read',
    parameters: [...member, ...reading],
    answers: read('The status.', object({ member: ref('MemberStatus') }), examples.status, freshnessHeaderNames),
    problems: ['member_not_found', 'member_deleted'],
  },
  [`GET ${memberPath}/accounts`]: {
    operationId: 'listMemberAccounts',
    summary: 'List a member’s accounts with their balances',
    description: `${stored}Paged as at MX. Accounts that MX no longer lists are left out, unless asked for.`,
    tag: 'Balances',
    right: 'read',
    parameters: [...member, 'page', 'records_per_page', 'include_unlisted', ...reading],
    answers: read(
      'A page of accounts.',
      object({ accounts: listOf('Account'), pagination: ref('Pagination') }),
      examples.accounts,
      freshnessHeaderNames,
    ),
    problems: ['member_not_found', 'member_deleted', 'never_refreshed'],
  },
  [`GET ${memberPath}/challenges`]: {
    operationId: 'listMemberChallenges',
    summary: 'List what MX asks a member’s user',
    description: `${stored}The questions of the running refresh, or those with which the last one ended. Paged as at MX.`,
    tag: 'Refreshes',
    right: 'read',
    parameters: [...member, 'page', 'records_per_page', ...reading],
    answers: {
      ...read(
        'A page of questions.',
        object({ challenges: listOf('Challenge'), pagination: ref('Pagination') }),
        examples.challenges,
        freshnessHeaderNames,
      ),
      204: { description: 'MX asks nothing, as far as is known here.', headers: freshnessHeaderNames },
    },
    problems: ['member_not_found', 'member_deleted'],
  },
  'GET /users/{user_identifier}/members': {
    operationId: 'listMembers',
    summary: 'List a user’s members',
    description: `${stored}${knownOnly} Paged as at MX.`,
    tag: 'Balances',
    right: 'read',
    parameters: ['user_identifier', 'page', 'records_per_page', ...reading],
    answers: read(
      'A page of members.',
      object({ members: listOf('Member'), pagination: ref('Pagination') }),
      examples.members,
      listHeaders,
    ),
    problems: ['user_not_found', 'too_many_to_list'],
  },
  'GET /users/{user_identifier}/accounts': {
    operationId: 'listUserAccounts',
    summary: 'List a user’s accounts with their balances',
    description: `${stored}${knownOnly} Paged as at MX. Accounts that MX no longer lists are left out, unless asked for.`,
    tag: 'Balances',
    right: 'read',
    parameters: ['user_identifier', 'page', 'records_per_page', 'include_unlisted', ...reading],
    answers: read(
      'A page of accounts.',
      object({ accounts: listOf('Account'), pagination: ref('Pagination') }),
      examples.accounts,
      listHeaders,
    ),
    problems: ['user_not_found', 'never_refreshed', 'too_many_to_list'],
  },
  'GET /users/{user_identifier}/accounts/{account_identifier}': {
    operationId: 'readAccount',
    summary: 'Read one account of a user with its balance',
    description: `${stored}Freshness is the account’s own. An id that accounts of several members have is 400: send the guid.`,
    tag: 'Balances',
    right: 'read',
    parameters: ['user_identifier', 'account_identifier', ...reading],
    answers: read('The account.', object({ account: ref('Account') }), examples.account, freshnessHeaderNames),
    problems: ['user_not_found', 'account_not_found', 'too_many_to_list'],
  },
  [`GET ${memberPath}/accounts/{account_identifier}`]: {
    operationId: 'readAccountByMember',
    summary: 'Read one account with its balance',
    description: `${stored}Freshness is the account’s own. Found by an id that several have had: the one that MX lists.`,
    tag: 'Balances',
    right: 'read',
    parameters: [...member, 'account_identifier', ...reading],
    answers: read('The account.', object({ account: ref('Account') }), examples.account, freshnessHeaderNames),
    problems: ['member_not_found', 'member_deleted', 'never_refreshed', 'account_not_found'],
  },
};

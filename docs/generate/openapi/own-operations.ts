/** Operations that MX does not have: refreshes, schedules, webhooks from MX, and the API's own description. */
import { freshnessHeaderNames } from '../../../shared/lambda/header-names.ts';
import { type ProblemCode, problemKind } from '../../../shared/lambda/problem.ts';
import { examples } from './examples.ts';
import { webhookExamples } from './mx-webhooks.ts';
import { listOf, member, memberPath, type Operation, object, read, reading, ref } from './operation.ts';

const erases =
  'Members with their refreshes, callbacks, schedule and names, and their balances are deleted in the background; the receipt says how far that is, and what an erasing does not reach. Running refreshes end as `member_deleted`. Asking again gives the same receipt.';

const erasingAnswers: Operation['answers'] = {
  200: {
    description: 'It was erased before: the receipt.',
    headers: ['Location'],
    schema: object({ erasure: ref('Erasure') }),
    examples: { example: examples.erased },
  },
  202: {
    description: 'It is being erased: the receipt, to be read again after `Retry-After` seconds.',
    headers: ['Location', 'Retry-After'],
    schema: object({ erasure: ref('Erasure') }),
    examples: { example: examples.erasing },
  },
};

/** By route key. */
export const ownOperations: Readonly<Record<string, Operation>> = {
  [`GET ${memberPath}/refreshes`]: {
    operationId: 'listMemberRefreshes',
    summary: 'List a member’s refreshes',
    description: 'Newest first, 25 on a page, for as long as the operator keeps them.',
    tag: 'Refreshes',
    right: 'read',
    parameters: [...member, 'cursor', ...reading],
    answers: read(
      'A page of refreshes.',
      object({
        refreshes: listOf('Refresh'),
        next_cursor: { type: ['string', 'null'], description: '`cursor` of the next page; null: this was the last.' },
      }),
      examples.refreshes,
    ),
    problems: ['member_not_found', 'member_deleted'],
  },
  [`GET ${memberPath}/accounts/{account_identifier}/history`]: {
    operationId: 'listAccountHistory',
    summary: 'List an account’s amounts, newest first',
    description:
      'Each time that `balance`, `available_balance` or `available_credit` changed, for as long as the operator keeps it (setting `historyDays`). The first are the stored amounts of now, in which `current` is true. Amounts held until the `amounts_since` of those above them, if these name them in `previous_since`; if not, something in between was not kept. Freshness in the headers is the account’s.',
    tag: 'Balances',
    right: 'read',
    parameters: [
      ...member,
      'account_identifier',
      'history_from',
      'history_to',
      'history_limit',
      'history_cursor',
      ...reading,
    ],
    answers: read(
      'A page of amounts.',
      object({
        account_guid: { type: 'string' },
        history: listOf('AccountAmounts'),
        next_cursor: { type: ['string', 'null'], description: '`cursor` of the next page; null: this was the last.' },
      }),
      examples.history,
      freshnessHeaderNames,
    ),
    problems: ['member_not_found', 'member_deleted', 'never_refreshed', 'account_not_found', 'history_off'],
  },
  'GET /refreshes/{refresh_id}': {
    operationId: 'readRefresh',
    summary: 'Read a refresh',
    description: 'While it runs, `Retry-After` says after how many seconds a new state can be expected.',
    tag: 'Refreshes',
    right: 'read',
    parameters: ['refresh_id', ...reading],
    answers: read('The refresh.', object({ refresh: ref('Refresh') }), examples.refresh, ['Retry-After']),
    problems: ['refresh_not_found', 'member_deleted'],
  },
  'GET /institution_health': {
    operationId: 'listInstitutionHealth',
    summary: 'List institutions',
    description:
      'Banks of which a refresh was counted within 35 days, and those with an open breaker or without balance checks, by code. MX’s own list of institutions, with names and logos, is at MX. A page may have fewer than `limit` and not be the last.',
    tag: 'Institutions',
    right: 'read',
    parameters: ['institutions_cursor', 'limit', 'breaker', ...reading],
    answers: read(
      'A page of institutions.',
      object({
        institutions: listOf('Institution'),
        next_cursor: { type: ['string', 'null'], description: '`cursor` of the next page; null: this was the last.' },
        settings: ref('LearningSettings'),
      }),
      examples.institutions,
    ),
    problems: [],
  },
  'GET /institution_health/{institution_code}': {
    operationId: 'readInstitutionHealth',
    summary: 'Read what is learnt of an institution',
    description:
      'How its refreshes ended, how long its jobs took, and whether its bank works. It is counted when a refresh ends; nothing of a person is in it.',
    tag: 'Institutions',
    right: 'read',
    parameters: ['institution_code', ...reading],
    answers: read(
      'The institution.',
      object({ institution: ref('Institution'), settings: ref('LearningSettings') }),
      examples.institution,
    ),
    problems: ['institution_not_found'],
  },
  'GET /attention': {
    operationId: 'countWaitingMembers',
    summary: 'Count members that wait for a person',
    description:
      'How many members wait for their user or for support, by what they wait for. The counts may be a moment old.',
    tag: 'Attention',
    right: 'read',
    parameters: reading,
    answers: read('All actions.', object({ attention: listOf('WaitingCount') }), examples.attention),
    problems: [],
  },
  'GET /members': {
    operationId: 'listWaitingMembers',
    summary: 'List members that wait for a person',
    description:
      'Members of all users that wait for one action, those first that have waited for longest. A refresh that succeeds, data that MX gathers by itself, or MX’s showing that the member needs no person any more takes a member off; so does its deletion. A page may have fewer than `limit` and not be the last.',
    tag: 'Attention',
    right: 'read',
    parameters: ['action', 'waiting_limit', 'waiting_cursor', ...reading],
    answers: read(
      'A page of members.',
      object({
        members: listOf('WaitingMember'),
        next_cursor: { type: ['string', 'null'], description: '`cursor` of the next page; null: this was the last.' },
      }),
      examples.waiting,
    ),
    problems: [],
  },
  [`GET ${memberPath}/schedule`]: {
    operationId: 'readSchedule',
    summary: 'Read a member’s schedule',
    description: 'Whether and how often the member is refreshed by itself.',
    tag: 'Schedule',
    right: 'read',
    parameters: [...member, ...reading],
    answers: read('The schedule.', object({ schedule: ref('Schedule') }), examples.schedule),
    problems: ['member_not_found', 'member_deleted'],
  },
  [`PUT ${memberPath}/schedule`]: {
    operationId: 'setSchedule',
    summary: 'Put a member on a schedule',
    description:
      'Replaces what was said before. A member that is not known here can be named by MX’s guids. The service chooses the minute. Less than 24 hours may keep MX’s own nightly aggregation from running. No scheduled refresh is started while the member needs its user. Of several PUTs at once for one member, one is kept.',
    tag: 'Schedule',
    right: 'trigger',
    parameters: [...member, 'Accept-Version', 'X-Correlation-Id'],
    body: {
      schema: 'ScheduleRequest',
      required: true,
      examples: {
        daily: { every: 24 },
        notAtNight: { every: 24, quiet_hours: { from: '22:00', to: '07:00' }, time_zone: 'America/New_York' },
      },
    },
    answers: {
      200: {
        description: 'The schedule as it is now.',
        headers: [],
        schema: object({ schedule: ref('Schedule') }),
        examples: { example: examples.schedule },
      },
    },
    problems: [
      'payload_too_large',
      'unsupported_media_type',
      'member_not_found',
      'member_deleted',
      'user_erased',
      'schedule_too_often',
      'schedule_changes_used_up',
    ],
  },
  [`DELETE ${memberPath}/schedule`]: {
    operationId: 'removeSchedule',
    summary: 'Take a member off its schedule',
    description: 'Also keeps a default schedule of the operator from applying to it.',
    tag: 'Schedule',
    right: 'trigger',
    parameters: [...member, 'Accept-Version', 'X-Correlation-Id'],
    answers: { 204: { description: 'It is not on a schedule.', headers: [] } },
    problems: ['member_not_found', 'member_deleted', 'schedule_changes_used_up'],
  },
  'DELETE /users/{user_identifier}/data': {
    operationId: 'eraseUserData',
    summary: 'Erase everything of a user',
    description: `${erases} No member of the user is taken up any more: a user who comes back needs a new user at MX. MX’s own \`DELETE /users/{user_guid}\` stays MX’s.`,
    tag: 'Data rights',
    right: 'erase',
    parameters: ['user_identifier', 'user_at_mx', 'Accept-Version', 'X-Correlation-Id'],
    answers: erasingAnswers,
    problems: ['user_not_found'],
  },
  [`DELETE ${memberPath}/data`]: {
    operationId: 'eraseMemberData',
    summary: 'Erase everything of a member',
    description: `${erases} MX’s own \`DELETE …/members/{member_guid}\` stays MX’s.`,
    tag: 'Data rights',
    right: 'erase',
    parameters: [...member, 'at_mx', 'Accept-Version', 'X-Correlation-Id'],
    answers: erasingAnswers,
    problems: ['user_not_found', 'member_not_found'],
  },
  'GET /erasures/{erasure_id}': {
    operationId: 'readErasure',
    summary: 'Read the receipt of an erasing',
    description: 'Kept for 36 days after it was done.',
    tag: 'Data rights',
    right: 'erase',
    parameters: ['erasure_id', ...reading],
    answers: read('The receipt.', object({ erasure: ref('Erasure') }), examples.erased, ['Location', 'Retry-After']),
    problems: ['erasure_not_found'],
  },
  'POST /webhooks/mx': {
    operationId: 'receiveMxWebhook',
    summary: 'Receive a webhook of MX',
    description:
      'For MX, not for callers of this API; deployed only with the setting `webhooks`. Every body is answered 204, readable or not. A webhook makes the service read the member at MX; nothing in it is stored.',
    tag: 'From MX',
    right: 'webhook',
    parameters: [],
    body: {
      schema: 'MxWebhook',
      required: true,
      examples: webhookExamples,
    },
    answers: { 204: { description: 'Received.', headers: [] } },
    problems: [],
  },
  'GET /health': {
    operationId: 'readHealth',
    summary: 'See that the API answers',
    description: 'Answered without a call of MX or a table. With `basic` it needs no credentials.',
    tag: 'Service',
    right: null,
    parameters: reading,
    answers: read('It answers.', ref('Health'), examples.health),
    problems: [],
  },
  'GET /openapi.json': {
    operationId: 'readOpenApi',
    summary: 'Read this document',
    description: 'With `basic` it needs no credentials.',
    tag: 'Service',
    right: null,
    parameters: reading,
    answers: {
      200: {
        description: 'This document.',
        headers: ['ETag'],
        schema: { ...object({ openapi: { type: 'string' } }), additionalProperties: true },
      },
      304: { description: 'It is the one you have.', headers: ['ETag'] },
    },
    problems: [],
  },
  'GET /problems/{code}': {
    operationId: 'readProblemPage',
    summary: 'Read what a problem means',
    description: 'The page behind a problem’s `type`. With `basic` it needs no credentials.',
    tag: 'Service',
    right: null,
    parameters: ['code', ...reading],
    answers: read('The meaning of the code.', ref('ProblemPage'), problemPage('member_not_found')),
    problems: ['not_found'],
  },
};

function problemPage(code: ProblemCode) {
  const { title, status, meaning, action } = problemKind(code);
  return { code, title, status, meaning, action };
}

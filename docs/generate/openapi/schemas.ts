/** Our own resources, and what a caller may send. */

import { everyHoursOnOffer } from '../../../shared/domain/every-hours.ts';
import { USUAL_JOBS } from '../../../shared/domain/job-lengths.ts';
import { dropReasons, everyDropReason } from '../../../shared/domain/job-sample.ts';
import { waitReasons } from '../../../shared/domain/progress.ts';
import { CHALLENGE_GUID_PATTERN, MAX_ANSWER_LENGTH, MAX_ANSWERS } from '../../../shared/lambda/challenge-answers.ts';
import { shownAtMx } from '../../../shared/lambda/erasure-body.ts';
import { problemCodes } from '../../../shared/lambda/problem.ts';
import { MAX_WAIT_SECONDS } from '../../../shared/lambda/time-limits.ts';
import { MAX_AGE_SECONDS } from '../../../shared/lambda/trigger-options.ts';
import { mxSchemas } from './mx-schemas.ts';
import { webhookSchema } from './mx-webhooks.ts';
import { callbackUrl } from './parameters.ts';
import {
  actions,
  attentionWords,
  explained,
  instant,
  instantOrNull,
  oneOf,
  oneOfOrNull,
  outcomes,
  refreshId,
  staleReasons,
  textOrNull,
  triggers,
  whole,
} from './vocabulary.ts';

const nextAllowed = instantOrNull(
  'When MX’s allowance for this member and its `Retry-After` let the next refresh start; null: now. One caller may have to wait longer (`allowanceStartsPerCaller`): the refusal says until when.',
);

const amountOrNull = {
  type: ['number', 'null'],
  description: 'Exact, up to 38 digits; null: MX gave none, which is not zero.',
};

const refreshProperties = {
  refresh_id: refreshId,
  correlation_id: {
    type: 'string',
    description: '`X-Correlation-Id` of the trigger that began it; its own id, if that had none.',
  },
  joined_correlation_ids: {
    type: ['array', 'null'],
    items: { type: 'string' },
    description:
      'The same of triggers that joined it, the first five. Null in the trigger’s answer and in a member’s history.',
  },
  user_guid: { type: 'string' },
  member_guid: { type: 'string' },
  trigger: oneOf(triggers),
  status: { type: 'string', enum: ['running', 'ended'] },
  job_started: {
    type: ['boolean', 'null'],
    description:
      'While it runs: whether MX has started its job. False: `code` says what it waits for. Null once it has ended.',
  },
  outcome: { ...oneOfOrNull(outcomes), description: `Null while it runs. ${explained(outcomes)}.` },
  action: oneOf(actions),
  code: textOrNull(
    `Why it ended like that, for machines. For example \`stored\`, \`denied\`. While it runs: what it waits for (${Object.keys(waitReasons).join(', ')}); null: for its job.`,
  ),
  message: textOrNull('The same in a sentence, for developers and operators.'),
  user_message: textOrNull('MX’s own text for the end user, when there is one.'),
  connection_status: textOrNull('MX’s connection status at the end.'),
  challenges: {
    type: 'array',
    description: 'What MX asks the user.',
    items: { $ref: '#/components/schemas/Challenge' },
  },
  user_present: { type: 'boolean', description: 'A user is there to answer questions.' },
  accepted_at: instant,
  deadline: {
    ...instant,
    description:
      'When it ends as `timed_out`, at the latest. While it runs, later by the time for which the operator has paused calls to MX since it was accepted; of a pause that goes on, its agreed end counts.',
  },
  ended_at: instantOrNull('When it ended; null while it runs.'),
  observed_at: instantOrNull('When the stored balances were observed; only with `succeeded`.'),
  last_look_at: instantOrNull('While it runs: when MX was last asked; null: not since it was accepted.'),
  next_look_at: instantOrNull('While it runs and MX did not answer: when MX is asked next.'),
  next_refresh_allowed_at: nextAllowed,
};

const timeOfDay = { type: 'string', pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' };

const quietHours = {
  type: ['object', 'null'],
  required: ['from', 'to'],
  additionalProperties: false,
  properties: {
    from: { ...timeOfDay, description: 'The first minute that is quiet.' },
    to: { ...timeOfDay, description: 'The first minute after it. Not the same; it may be on the next day.' },
  },
};

const scheduleHeld = {
  ...whole('Why the schedule does not start the member; null: it does, or the member is on none.', {
    since: { ...instant, description: 'When it was held back for this reason for the first time.' },
    code: { type: 'string', description: 'As of a refresh.' },
    action: oneOf(actions),
    message: { type: 'string' },
  }),
  type: ['object', 'null'],
};

const freshnessProperties = {
  verdict: { type: 'string', enum: ['fresh', 'stale', 'never_refreshed'] },
  reason: textOrNull(
    `Why the balances are stale: ${explained(staleReasons)}; or the code with which the last refresh ended. Null while they are fresh.`,
  ),
  fresh_as_of: instantOrNull(
    'What the age of the oldest account is counted from: `observed_at`, or MX’s `imported_at` where a job left it behind.',
  ),
  observed_at: instantOrNull('When that account was observed at MX.'),
  incomplete: {
    type: 'boolean',
    description:
      'The last success may not have stored every account that MX listed, so lists may lack one: it could not be read and was never stored before, or storing was interrupted.',
  },
  age: { type: ['integer', 'null'], minimum: 0, description: 'Seconds since `fresh_as_of`.' },
  refresh_id: { ...refreshId, type: ['string', 'null'] },
  trigger: oneOfOrNull(triggers),
  last_attempt: {
    ...whole('The newest refresh that has ended; null when there was none.', {
      refresh_id: refreshId,
      outcome: oneOf(outcomes),
      action: oneOf(actions),
      code: { type: 'string' },
      user_message: textOrNull('MX’s own text for the end user, when there is one.'),
      ended_at: instant,
    }),
    type: ['object', 'null'],
  },
  last_success: {
    ...whole('The newest refresh that succeeded; null when there was none.', {
      refresh_id: refreshId,
      observed_at: instant,
    }),
    type: ['object', 'null'],
  },
  next_refresh_allowed_at: nextAllowed,
  schedule_held: scheduleHeld,
};

const options = {
  max_age: {
    type: 'integer',
    minimum: 0,
    maximum: MAX_AGE_SECONDS,
    description:
      'Seconds. If the stored balances are at most this old, the answer is 200 with them, and no job is started. The same if the last success lies within this age and did not update the older balances, or MX’s amounts cannot be read (`freshness` is stale then and says so): another job would not help.',
  },
  wait: {
    type: 'integer',
    minimum: 0,
    maximum: MAX_WAIT_SECONDS,
    default: 0,
    description:
      'Seconds from the request’s arrival to wait for the end of the refresh: 200 with the balances when it comes in time, else 202, and 202 at once when as many wait already as the operator allows. The operator pays for a waiting function.',
  },
  user_present: {
    type: 'boolean',
    default: false,
    description: 'A user is there to answer questions: when MX asks one, the refresh goes on instead of ending.',
  },
  callback_url: {
    ...callbackUrl,
    description:
      'Gets a signed POST when the refresh ends. An `https` URL with the name of a host, without user, password and fragment. Which hosts are allowed is a setting of the operator; `http` only leads to `localhost`, of a service that runs on the same machine.',
  },
};

const count = { type: 'integer', minimum: 0 };

const countedRefreshes = (description: string) =>
  whole(description, {
    since: { ...instant, description: 'The first instant that counts: midnight, UTC.' },
    refreshes: { ...count, description: 'All together.' },
    outcomes: whole('How many ended how.', Object.fromEntries(Object.keys(outcomes).map((word) => [word, count]))),
  });

const lengthRange = (what: string) => ({
  ...whole(`Between which two lengths ${what}, in seconds: the limits of a bin. Null: no samples.`, {
    from: { type: 'number', minimum: 0 },
    to: {
      type: ['number', 'null'],
      description: 'Null: no upper limit, because jobs were longer than any bin, or still ran at their deadline.',
    },
  }),
  type: ['object', 'null'],
});

const institutionProperties = {
  code: { type: 'string', description: 'MX’s code of the institution.' },
  last_counted_on: {
    type: ['string', 'null'],
    format: 'date',
    description: 'The day (UTC) on which a refresh was last counted; null: not within 35 days.',
  },
  today: countedRefreshes('Refreshes that have ended today (UTC).'),
  week: countedRefreshes('Refreshes that have ended within the seven days (UTC) up to today.'),
  job_seconds: whole('How long the jobs of the week took.', {
    samples: { ...count, description: 'How many jobs it is made of.' },
    small_sample: { type: 'boolean', description: `Fewer than ${USUAL_JOBS}: so few that they say little.` },
    p50: lengthRange('half of the jobs were over'),
    p90: lengthRange('nine in ten were over'),
    p99: lengthRange('99 in 100 were over'),
    not_learnt: {
      type: 'object',
      description: `Refreshes of the week of whose jobs nothing was learnt, by reason. ${explained(dropReasons)}`,
      properties: Object.fromEntries(everyDropReason.map((reason) => [reason, { type: 'integer', minimum: 1 }])),
    },
  }),
  breaker: {
    ...whole(
      'Whether scheduled starts of its members wait, because its bank does not work (docs/institutions.md). Null: never, by the settings.',
      {
        state: { type: 'string', enum: ['open', 'closed'] },
        since: instantOrNull('When it opened, or last closed; null: it was not open within 35 days.'),
        code: textOrNull('How the job ended that opened it (docs/outcomes.md); null while it is closed.'),
        message: textOrNull('The same as a sentence.'),
        last_probe_at: instantOrNull(
          'While it is open: when a scheduled start was last let through; null: none was yet.',
        ),
        next_probe_at: instantOrNull('While it is open: from when on the next one is.'),
        stays_open_until: instantOrNull(
          'While it is open: an answer of the bank closes it from then on, because it has opened again and again; null: the next answer does.',
        ),
      },
    ),
    type: ['object', 'null'],
  },
  not_supported: {
    ...whole(
      'That MX runs no balance checks here: its scheduled members are held back (docs/institutions.md). Null: it does, as far as is known, or nothing is held back, by the settings.',
      {
        since: { ...instant, description: 'When the first trigger was refused for it.' },
        code: { type: 'string', description: 'How the refresh ended with which it was believed (docs/outcomes.md).' },
        message: { type: 'string', description: 'What that means, as a sentence.' },
        until: { ...instant, description: 'Until then no scheduled start asks MX again.' },
      },
    ),
    type: ['object', 'null'],
  },
};

/** `components.schemas`. */
export const schemas = {
  ...mxSchemas,
  Refresh: whole('One attempt to bring a member’s balances up to date.', refreshProperties),
  TriggeredRefresh: whole('The refresh that a trigger started or joined.', {
    ...refreshProperties,
    joined: { type: 'boolean', description: 'True: the refresh was running already, and this trigger joined it.' },
  }),
  InstitutionDegraded: whole(
    'Only while the bank of the member does not work (docs/institutions.md). The refresh was accepted all the same.',
    {
      since: { type: 'string', format: 'date-time', description: 'Since when, UTC.' },
      code: { type: 'string', description: 'How the job ended that showed it: docs/outcomes.md.' },
      message: { type: 'string', description: 'The same as a sentence.' },
    },
  ),
  AccountAmounts: whole('Amounts of an account, for as long as they were the same.', {
    current: { type: 'boolean', description: 'They are the account’s stored amounts; others were not seen since.' },
    balance: amountOrNull,
    available_balance: amountOrNull,
    available_credit: amountOrNull,
    currency_code: textOrNull('As it was last seen with these amounts.'),
    amounts_since: { type: 'string', format: 'date-time', description: 'When these amounts were first seen. UTC.' },
    previous_since: instantOrNull(
      'The `amounts_since` of the amounts before these; null: there were none, or they were not kept.',
    ),
    observed_at: { type: 'string', format: 'date-time', description: 'When these amounts were last seen. UTC.' },
    refresh_id: { ...refreshId, description: 'The refresh that saw them then.' },
  }),
  Institution: whole('What is learnt of a bank.', institutionProperties),
  WaitingMember: whole('A member whose next move is its user’s or support’s.', {
    user_guid: { type: 'string' },
    member_guid: { type: 'string' },
    action: oneOf(attentionWords),
    since: { ...instant, description: 'Since when it waits for this action, UTC.' },
    code: textOrNull(
      'Why, by the newest refresh or hold of the schedule that said so (docs/outcomes.md). Null: while a new release is deployed, its code is not known to the function that answers.',
    ),
    message: textOrNull('The same as a sentence, for developers and operators.'),
    institution_code: textOrNull('MX’s code of the institution; null: not known.'),
    last_attempt_at: instantOrNull('When a refresh of it last ended; null: none has.'),
    last_success_at: instantOrNull('When its balances were last observed; null: never.'),
  }),
  WaitingCount: whole('How many members wait for one action.', {
    action: oneOf(attentionWords),
    members: { ...count, description: 'How many were counted.' },
    is_all: { type: 'boolean', description: 'False: there are more; it is not counted any further.' },
    oldest_since: instantOrNull('Since when the first of them waits; null: none does.'),
  }),
  Erasure: whole('The receipt of an erasing.', {
    id: { type: 'string', description: 'The same for the same user, member and `at_mx`.' },
    user_guid: { type: 'string' },
    member_guid: textOrNull('Null: everything of the user.'),
    at_mx: { type: 'string', enum: Object.values(shownAtMx) },
    status: { type: 'string', enum: ['running', 'done'] },
    requested_at: { type: 'string', format: 'date-time', description: 'UTC.' },
    done_at: instantOrNull('When a whole round had found nothing any more; null: it goes on.'),
    waits_for: {
      ...whole('Why the last try did not get on, and since when; null: it does.', {
        code: { type: 'string', description: 'A problem’s code: docs/problems.md.' },
        since: { type: 'string', format: 'date-time' },
      }),
      type: ['object', 'null'],
    },
    erased: whole(
      'What was found and deleted, at least: a crash right after a deletion may lose it from the count.',
      Object.fromEntries(
        ['members', 'accounts', 'former_amounts', 'refreshes', 'members_at_mx', 'users_at_mx'].map((what) => [
          what,
          count,
        ]),
      ),
    ),
    remains: {
      type: 'array',
      description: 'What an erasing does not reach.',
      items: whole('One thing.', {
        what: { type: 'string' },
        until: instantOrNull('When it is gone; null: it stays, or that is known when the erasing is done.'),
      }),
    },
  }),
  LearningSettings: whole('Whether it goes on.', {
    learning: { type: 'boolean', description: 'False: nothing more is counted; what was expires after 35 days.' },
    breaker: { type: 'boolean', description: 'False: no breaker is heeded.' },
  }),
  Freshness: whole('How fresh the stored balances are, and why.', freshnessProperties),
  TriggerOptions: {
    type: 'object',
    description: 'All optional: without any of them a trigger behaves as MX’s.',
    additionalProperties: false,
    properties: options,
  },
  ChallengeAnswers: {
    type: 'object',
    description: 'One answer for each question that MX asks now, under its guid.',
    additionalProperties: false,
    required: ['member'],
    properties: {
      member: {
        type: 'object',
        additionalProperties: false,
        required: ['challenges'],
        properties: {
          challenges: {
            type: 'array',
            minItems: 1,
            maxItems: MAX_ANSWERS,
            items: {
              type: 'object',
              additionalProperties: false,
              required: ['guid', 'value'],
              properties: {
                guid: { type: 'string', pattern: CHALLENGE_GUID_PATTERN, description: 'Of the question.' },
                value: {
                  type: 'string',
                  minLength: 1,
                  maxLength: MAX_ANSWER_LENGTH,
                  description: 'What the user answered; of options, the `value` of the one that was chosen.',
                },
              },
            },
          },
        },
      },
    },
  },
  ScheduleRequest: {
    type: 'object',
    additionalProperties: false,
    required: ['every'],
    properties: {
      every: {
        type: 'integer',
        enum: [...everyHoursOnOffer],
        description: 'Hours between refreshes: hours of UTC, also when the member’s clock changes.',
      },
      quiet_hours: {
        ...quietHours,
        description:
          'No refresh is started then, in `time_zone`. The minute is chosen outside them, so that one turn a day is; turns within them are left out.',
      },
      time_zone: {
        type: ['string', 'null'],
        description: 'IANA name. With `quiet_hours` only.',
        example: 'Europe/Berlin',
      },
      max_age: {
        type: ['integer', 'null'],
        minimum: 1,
        description:
          'Seconds, less than `every`. A turn is left out while the balances are at most so old, because they came by another way. Also how old data may be that MX has gathered by itself to be read instead of a new job; 10800 where it is not given.',
      },
    },
  },
  Schedule: whole('When the member is refreshed by itself.', {
    user_guid: { type: 'string' },
    member_guid: { type: 'string' },
    every: {
      type: ['integer', 'null'],
      enum: [...everyHoursOnOffer, null],
      description: 'Hours between refreshes; null: it is not on a schedule.',
    },
    quiet_hours: quietHours,
    time_zone: { type: ['string', 'null'], description: 'Of the quiet hours.' },
    max_age: { type: ['integer', 'null'], description: 'Seconds.' },
    next_due_at: instantOrNull(
      'When it is due next; it is started within about a minute. Null: it is not on a schedule.',
    ),
    last_result: {
      ...whole('How its last refresh ended, of any trigger; null when there was none.', {
        refresh_id: refreshId,
        trigger: oneOf(triggers),
        outcome: oneOf(outcomes),
        action: oneOf(actions),
        code: { type: 'string' },
        ended_at: instant,
      }),
      type: ['object', 'null'],
    },
    held: scheduleHeld,
  }),
  MxWebhook: webhookSchema,
  Health: whole('The API answers.', { status: { type: 'string', const: 'ok' } }),
  Problem: {
    type: 'object',
    description: 'RFC 9457. `error` is where MX’s clients look.',
    required: ['type', 'title', 'status', 'detail', 'code', 'action', 'error'],
    properties: {
      type: {
        type: 'string',
        format: 'uri-reference',
        pattern: '^/problems/[a-z_]+$',
        description: 'Path of a page about this code.',
      },
      title: { type: 'string' },
      status: { type: 'integer', minimum: 400, maximum: 599 },
      detail: { type: 'string', description: 'What is wrong with this request. With 5xx only what the code means.' },
      code: { type: 'string', enum: problemCodes },
      action: oneOf(actions),
      refresh_id: { ...refreshId, description: 'The refresh that ended with this problem.' },
      retry_after: { type: 'integer', minimum: 0, description: 'Seconds, as in `Retry-After`.' },
      field: { type: 'string', description: 'The parameter, header or member of the body at fault.' },
      limit: { type: 'string', description: 'The setting whose limit the caller has reached.' },
      error: whole('MX’s error object.', {
        message: { type: 'string', description: 'May be shown to end users.' },
        status: { type: 'string' },
        type: { type: 'string', description: 'MX’s type when the problem is MX’s, else `code`.' },
      }),
    },
  },
  ProblemPage: whole('What a problem’s code means.', {
    code: { type: 'string', enum: problemCodes },
    title: { type: 'string' },
    status: { type: 'integer', minimum: 400, maximum: 599 },
    meaning: { type: 'string' },
    action: oneOf(actions),
  }),
  GatewayMessage: {
    type: 'object',
    description: 'What Amazon API Gateway answers by itself, before or instead of this service. No problem, no code.',
    required: ['message'],
    properties: { message: { type: ['string', 'null'] } },
  },
} as const;

/** Examples of answers, made from the domain by the code that makes the real ones. Made-up people and accounts. */
import { attentionActions } from '../../../shared/domain/action.ts';
import type { StoredBalance } from '../../../shared/domain/balance.ts';
import { breakerRules } from '../../../shared/domain/breaker.ts';
import { Decimal } from '../../../shared/domain/decimal.ts';
import { nothingErased, type Receipt } from '../../../shared/domain/erasure-ports.ts';
import { freshnessOf } from '../../../shared/domain/freshness.ts';
import { formerAmounts } from '../../../shared/domain/history.ts';
import { shownInstitution } from '../../../shared/domain/institution-view.ts';
import { challengeView, statusView } from '../../../shared/domain/member-view.ts';
import type { Challenge } from '../../../shared/domain/mx.ts';
import { supported } from '../../../shared/domain/not-supported.ts';
import { outcomes } from '../../../shared/domain/outcome.ts';
import type { Attempt, EndedRefresh, RunningRefresh } from '../../../shared/domain/refresh.ts';
import { detailsByCode } from '../../../shared/domain/refresh-details.ts';
import { snakeCased } from '../../../shared/domain/snake-case.ts';
import type { WaitingMember } from '../../../shared/domain/waiting-members.ts';
import {
  accountBody,
  amountsBody,
  freshnessBody,
  lastResultBody,
  refreshBody,
} from '../../../shared/lambda/api-shapes.ts';
import { receiptBody } from '../../../shared/lambda/erasure-body.ts';
import { pageOf } from '../../../shared/lambda/mx-pagination.ts';

const key = {
  userGuid: 'USR-fa7537f3-48aa-a683-a02a-b18940482f54',
  memberGuid: 'MBR-7c6f361b-e582-15b6-60c0-358f12466b4b',
};
const refreshId = 'RFR-01KJPWK7Y0QX0V5D8ZJ4H2M9TC';
const observedAt = '2026-03-02T09:00:04.000Z';

const running: RunningRefresh = {
  refreshId,
  member: key,
  trigger: 'http',
  status: 'running',
  acceptedAt: '2026-03-02T09:00:00.000Z',
  deadline: '2026-03-02T09:10:00.000Z',
  userPresent: false,
  correlationId: null,
  joinedCorrelationIds: [],
  challenges: [],
  progress: { jobStarted: true, waitsFor: null, lastLookAt: null, nextLookAt: null },
  result: null,
};

const success: Attempt = {
  refreshId,
  trigger: 'http',
  acceptedAt: running.acceptedAt,
  outcome: 'succeeded',
  action: 'none',
  code: 'stored',
  connectionStatus: 'CONNECTED',
  endedAt: '2026-03-02T09:00:05.000Z',
  observedAt,
  hasDetails: false,
};

const ended: EndedRefresh = {
  ...running,
  status: 'ended',
  progress: null,
  result: { ...success, ...detailsByCode(success) },
};

const balance: StoredBalance = {
  member: key,
  accountGuid: 'ACT-06d7f44b-caae-0f6e-1384-01f52e75dcb1',
  fields: {
    account_number: '****1261',
    available_balance: Decimal.of('1000.25'),
    balance: Decimal.of('1012.75'),
    currency_code: 'USD',
    guid: 'ACT-06d7f44b-caae-0f6e-1384-01f52e75dcb1',
    id: 'act-23445745',
    imported_at: '2026-03-02T09:00:03.000Z',
    institution_code: 'mxbank',
    is_closed: false,
    member_guid: key.memberGuid,
    name: 'Checking',
    type: 'CHECKING',
    user_guid: key.userGuid,
  },
  observedAt,
  freshAsOf: observedAt,
  amountsSince: '2026-02-27T09:00:04.000Z',
  staleReason: null,
  refreshId,
  trigger: 'http',
  lastChange: null,
  listed: true,
};

const memberBody = {
  aggregated_at: '2026-03-02T09:00:00Z',
  connection_status: 'CONNECTED',
  error: null,
  guid: key.memberGuid,
  id: 'my-member-1',
  institution_code: 'mxbank',
  is_being_aggregated: false,
  most_recent_job_guid: 'JOB-12345678-90ab-cdef-1234-567890abcdef',
  successfully_aggregated_at: '2026-03-02T09:00:03Z',
  user_guid: key.userGuid,
  user_id: 'my-user-1',
};

const attempts = {
  claim: null,
  held: null,
  lastAttempt: success,
  lastSuccess: { refreshId, observedAt, incomplete: false },
};
const known = {
  freshness: freshnessOf([balance], attempts, '2026-03-02T09:00:16.000Z', 86_400),
  member: attempts,
  nextAllowedAt: null,
};
const freshness = freshnessBody(known, null);

/** What a reader of the document would get: plain JSON. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const account = accountBody(balance);
const { pagination } = pageOf([balance], { page: 1, recordsPerPage: 25 });
const schedule = {
  user_guid: key.userGuid,
  member_guid: key.memberGuid,
  every: 24,
  quiet_hours: { from: '22:00', to: '07:00' },
  time_zone: 'America/New_York',
  max_age: null,
  next_due_at: '2026-03-03T14:11:00.000Z',
  last_result: lastResultBody(success),
  held: null,
};

const waiting: WaitingMember = {
  ...key,
  action: 'reauthenticate',
  since: '2026-02-27T09:00:05.000Z',
  code: 'denied',
  message: outcomes.denied.message,
  institutionCode: 'mxbank',
  lastAttemptAt: '2026-03-01T09:00:05.000Z',
  lastSuccessAt: '2026-02-26T09:00:04.000Z',
};

const question: Challenge = {
  guid: 'CRD-8f841084-66cb-4e3d-9253-96f97093100a',
  label: 'What city were you born in?',
  type: 'TEXT',
  fieldName: null,
  options: [],
  imageData: null,
  imageOptions: [],
};

const institution = snakeCased(
  shownInstitution(
    {
      code: 'mxbank',
      countedOn: '2026-03-02',
      counts: [
        {
          day: '2026-03-01',
          outcomes: { succeeded: 41, action_required: 2 },
          bins: [0, 0, 0, 2, 5, 9, 12, 7, 3, 1],
          dropped: { attended: 2, not_succeeded: 2 },
        },
        {
          day: '2026-03-02',
          outcomes: { succeeded: 3, failed: 6 },
          bins: [0, 0, 0, 0, 1, 2],
          dropped: { not_succeeded: 6 },
        },
      ],
      trouble: {
        breaker: {
          open: { since: '2026-03-02T08:40:10.000Z', code: 'institution_unavailable' },
          changedAt: '2026-03-02T08:40:10.000Z',
          openings: 1,
          failures: [],
          probedAt: '2026-03-02T08:55:31.000Z',
          untold: [],
        },
        checks: supported,
      },
    },
    '2026-03-02T09:00:00.000Z',
    { breaker: true, deadlineSeconds: 600, breakerRules },
  ),
);
const settings = { learning: true, breaker: true };

const erasing: Receipt = {
  erasureId: 'ERS-0f1e2d3c4b5a69788796a5b4c3d2e1f0',
  userGuid: memberBody.user_guid,
  memberGuid: null,
  atMx: 'members',
  requestedAt: '2026-03-02T09:00:00.000Z',
  erased: nothingErased,
  doneAt: null,
  waitsFor: null,
};
const erased: Receipt = {
  ...erasing,
  erased: { members: 2, accounts: 11, formerAmounts: 34, refreshes: 57, membersAtMx: 2, usersAtMx: 0 },
  doneAt: '2026-03-02T09:01:32.000Z',
};

/** Bodies of answers. */
export const examples = {
  accepted: plain({
    member: { ...memberBody, is_being_aggregated: true },
    refresh: { ...refreshBody(running, null), joined: false },
  }),
  waited: plain({
    member: memberBody,
    refresh: { ...refreshBody(ended, null), joined: false },
    accounts: [account],
    freshness,
  }),
  freshEnough: plain({ member: memberBody, refresh: null, accounts: [account], freshness }),
  member: plain({ member: memberBody }),
  status: plain({ member: statusView(memberBody, []) }),
  accounts: plain({ accounts: [account], pagination }),
  account: plain({ account }),
  answers: { member: { challenges: [{ guid: question.guid, value: 'Berlin' }] } },
  history: plain({
    account_guid: balance.accountGuid,
    history: [
      { ...formerAmounts(balance), isCurrent: true, previousSince: '2026-02-20T09:00:05.000Z' },
      {
        ...formerAmounts(balance),
        ...{ isCurrent: false, amounts: { balance: Decimal.of('1512.75'), available_balance: Decimal.of('1512.75') } },
        ...{ amountsSince: '2026-02-20T09:00:05.000Z', observedAt: '2026-02-26T09:00:04.000Z' },
        refreshId: 'RFR-01KJCHY3YM9T3W6X0V5B7K2R8D',
      },
    ].map(amountsBody),
    next_cursor: null,
  }),
  members: plain({ members: [memberBody], pagination }),
  challenges: plain({ challenges: [challengeView(question)], pagination }),
  refresh: plain({ refresh: refreshBody(ended, null) }),
  refreshes: plain({ refreshes: [refreshBody(ended, null)], next_cursor: null }),
  schedule: plain({ schedule }),
  institutions: plain({ institutions: [institution], next_cursor: null, settings }),
  institution: plain({ institution, settings }),
  attention: plain({
    attention: attentionActions.map((action) => {
      const isAny = action === waiting.action;
      return { action, members: isAny ? 1 : 0, is_all: true, oldest_since: isAny ? waiting.since : null };
    }),
  }),
  waiting: plain({ members: [snakeCased(waiting)], next_cursor: null }),
  erasing: plain({ erasure: receiptBody(erasing) }),
  erased: plain({ erasure: receiptBody(erased) }),
  health: { status: 'ok' },
};

import { describe, expect, it } from 'vitest';
import {
  deadLetterLine,
  eventLine,
  invocationLine,
  logLine,
  requestLine,
  sayLogs,
  sayRefusals,
  sayWhatHappens,
} from '../../../infra/local/live-lines.ts';
import { ObservationFeed } from '../../../infra/local/stack/observations.ts';

const request = { method: 'GET', path: '/users/u/members/m/accounts', status: 200, ms: 12, route: 'GET /x' };
const check = { method: 'POST', path: '/users/u/members/m/check_balance', ms: 30, route: 'POST /x' };
const hook = { method: 'POST', path: '/webhooks/mx', ms: 5, route: 'POST /webhooks/mx' };

it.each([
  [request, 'GET /users/u/members/m/accounts → 200 (12 ms)'],
  [{ ...check, status: 202 }, 'accepted: POST /users/u/members/m/check_balance → 202 (30 ms)'],
  [{ ...check, status: 429 }, 'POST /users/u/members/m/check_balance → 429 (30 ms)'],
  [{ ...hook, status: 204 }, undefined],
  [{ ...hook, status: 401 }, 'POST /webhooks/mx → 401 (5 ms)'],
])('a request %#', (observed, line) => {
  expect(requestLine(observed)).toBe(line);
});

const event = (detailType: string, data: Record<string, unknown>) => ({
  bus: 'b',
  id: '1',
  source: 'mx-fresh-balances',
  detailType,
  detail: { data },
  time: '2026-01-15T12:00:00Z',
});

it.each([
  ['refresh.succeeded', { refresh_id: 'RFR-1' }, 'refresh RFR-1 ended: succeeded, balances stored'],
  [
    'refresh.action_required',
    { refresh_id: 'RFR-1', outcome: 'action_required', code: 'denied', action: 'reauthenticate' },
    'refresh RFR-1 ended: action_required (denied); what to do: reauthenticate',
  ],
  [
    'refresh.failed',
    { refresh_id: 'RFR-1', outcome: 'timed_out', code: 'deadline', action: 'retry_later' },
    'refresh RFR-1 ended: timed_out (deadline); what to do: retry_later',
  ],
  ['connection.changed', { member_guid: 'MBR-1', connection_status: 'DENIED' }, 'connection of MBR-1 is now DENIED'],
  [
    'connection.changed',
    { member_guid: 'MBR-1', connection_status: null },
    'connection of MBR-1 is now without a status',
  ],
  [
    'schedule.held',
    { member_guid: 'MBR-1', code: 'denied', action: 'reauthenticate' },
    'MBR-1 is not started by the schedule (denied); what to do: reauthenticate',
  ],
  ['balance.changed', { account_guid: 'ACT-1' }, 'balance of ACT-1 has changed'],
])('an event %s', (detailType, data, line) => {
  expect(eventLine(event(detailType, data))).toBe(line);
});

const logged = (entry: Record<string, unknown>) =>
  logLine({
    function: 'FollowUpFunction1A2B3C4D',
    stream: 'stdout',
    line: JSON.stringify({ level: 'INFO', ...entry }),
  });

describe('a function’s line', () => {
  it.each([
    [{ event: 'request.answered' }, undefined],
    [{ event: 'follow_up.done', outcome: 'stored' }, undefined],
    [{ event: 'webhook.handled', reason: 'data', outcome: 'not_newer' }, 'webhook of MX’s about data: not newer'],
    [{ event: 'webhook.ignored', reason: 'unknown_type' }, 'webhook of MX’s ignored: unknown_type'],
    [{ event: 'callback.done', outcome: 'delivered' }, 'callback delivered'],
    [{ event: 'callback.done', outcome: 'retrying' }, 'callback was not accepted; it will be sent again'],
    [
      { level: 'WARN', event: 'follow_up.failed', code: 'mx_unavailable', failure: 'MX answered 503.' },
      'follow-up failed (mx_unavailable): MX answered 503.',
    ],
    [
      { level: 'ERROR', event: 'follow_up.failed', failure: 'a bug', cause: { name: 'TypeError', message: 'x\ny' } },
      'error in FollowUp: follow_up.failed: TypeError: x',
    ],
    [{ event: 'schedule.done', counts: { minutes: 1, members: 0 } }, undefined],
    [{ event: 'schedule.done', counts: { minutes: 1, members: 7 } }, 'schedule: 7 members are due'],
  ])('%j', (entry, line) => {
    expect(logged(entry)).toBe(line);
  });

  it('that is no JSON says nothing', () => {
    expect(logLine({ function: 'F', stream: 'stderr', line: '{ not json' })).toBeUndefined();
  });
});

it('an invocation says a line only when it failed', () => {
  const invocation = { function: 'SweepFunctionABCDEF01', requestId: 'r', ms: 5, memoryMb: 512, cold: false };
  expect(invocationLine(invocation)).toBeUndefined();
  const error = { errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out\nat' };
  expect(invocationLine({ ...invocation, error })).toBe('function Sweep failed: Sandbox.Timedout: Task timed out');
});

it('a dead letter names its queue', () => {
  const letter = { queue: 'FollowUpsDeadLettersQueue12345678', messageId: 'm-1', body: '{}' };
  expect(deadLetterLine(letter)).toBe('dead letter in FollowUpsDeadLetters: message m-1');
});

const call = {
  function: 'SweepFunction12345678',
  via: 'function' as const,
  service: 'dynamodb',
  action: 'PutItem',
  asked: [],
  refusal: 'User: a is not authorized to perform: dynamodb:PutItem',
  status: 400,
  ms: 1,
  requestBytes: 2,
  responseBytes: 3,
};

it('a refused call of AWS is said once', () => {
  const feed = new ObservationFeed();
  const said: string[] = [];
  const stop = sayRefusals(feed, (line) => said.push(line));
  for (const refusal of [call.refusal, undefined, call.refusal]) feed.emit('aws-call', { ...call, refusal });
  feed.emit('aws-call', { ...call, function: undefined });
  stop();
  feed.emit('aws-call', { ...call, function: 'FollowUpFunction12345678' });
  expect(said).toEqual(['  Sweep may not do this: User: a is not authorized to perform: dynamodb:PutItem']);
});

it('lines are said as things happen, until stopped', () => {
  const feed = new ObservationFeed();
  const said: string[] = [];
  const stops = [sayWhatHappens(feed, (line) => said.push(line)), sayLogs(feed, (line) => said.push(line))];
  feed.emit('http', request);
  feed.emit('log', { function: 'SweepFunctionABCDEF01', stream: 'stdout', line: 'plain' });
  for (const stop of stops) stop();
  feed.emit('http', request);
  expect(said).toEqual([
    expect.stringMatching(/^ {2}\d\d:\d\d:\d\d {2}GET \/users\/u\/members\/m\/accounts → 200 \(12 ms\)$/),
    '  [Sweep] plain',
  ]);
});

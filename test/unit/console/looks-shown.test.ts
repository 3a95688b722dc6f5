import { expect, it } from 'vitest';
import { looksShown } from '../../../infra/console/looks-shown.ts';

const line = (fields: object | string) => ({
  ...{ id: '1', at: 1_000, functionId: 'FollowUp' },
  message: typeof fields === 'string' ? fields : JSON.stringify(fields),
});

const done = { event: 'follow_up.done', look: 2 };

it.each([
  [
    { event: 'request.answered', route: 'POST /users/{u}/members/{m}/check_balance', status: 202 },
    { kind: 'told', words: 'check_balance was answered 202.' },
  ],
  [
    { event: 'request.answered', route: 'PUT /users/{u}/members/{m}/resume', status: 202 },
    { kind: 'told', words: 'resume was answered 202.' },
  ],
  [
    { ...done, outcome: 'looking_again', seen: 'CONNECTED running started' },
    {
      kind: 'look',
      words: 'Look 2: MX shows CONNECTED, and a job runs; ours has begun. It is looked at again later.',
    },
  ],
  [
    { ...done, outcome: 'stored', seen: 'CONNECTED idle ended' },
    {
      kind: 'stored',
      words: 'Look 2: MX shows CONNECTED, and no job runs; ours is over. The accounts were read and stored.',
    },
  ],
  [
    { ...done, outcome: 'ended', seen: 'no_status idle none' },
    {
      kind: 'look',
      words:
        'Look 2: MX shows no status, and no job runs; nothing proves that ours did. The refresh ended, with nothing stored.',
    },
  ],
  [
    { ...done, outcome: 'of_tomorrow', seen: 'A running sure' },
    { kind: 'look', words: 'Look 2: MX shows A, and a job runs; sure. of tomorrow.' },
  ],
  // Written by a release that did not say what was seen, or where MX did not answer.
  [
    { ...done, outcome: 'started' },
    { kind: 'look', words: 'Look 2: The job was asked for again.' },
  ],
  [
    { event: 'webhook.handled', outcome: 'nudged', seen: 'CONNECTED idle ended', RefreshSucceeded: 1 },
    {
      kind: 'stored',
      words:
        'A message of MX’s caused a look: MX shows CONNECTED, and no job runs; ours is over. The accounts were read and stored.',
    },
  ],
  [
    { event: 'webhook.handled', outcome: 'nudged', seen: 'DENIED idle ended', RefreshActionRequired: 1 },
    {
      kind: 'look',
      words:
        'A message of MX’s caused a look: MX shows DENIED, and no job runs; ours is over. The refresh ended, with nothing stored.',
    },
  ],
  [
    { ...done, outcome: 'too_early' },
    { kind: 'look', words: 'Look 2: It came too early, and is repeated.' },
  ],
  [
    { ...done, outcome: 'published' },
    { kind: 'look', words: 'Look 2: It had ended; its end was told.' },
  ],
  [
    { ...done, outcome: 'started', seen: 'x A idle none' },
    { kind: 'look', words: 'Look 2: The job was asked for again.' },
  ],
  [
    { ...done, outcome: 'started', seen: 'A idle none x' },
    { kind: 'look', words: 'Look 2: The job was asked for again.' },
  ],
  [
    { ...done, outcome: 'paused', seen: '<b>' },
    { kind: 'look', words: 'Look 2: Put off by a pause of calls to MX.' },
  ],
  [
    { event: 'webhook.handled', outcome: 'nudged', seen: 'DENIED idle ended' },
    { kind: 'look', words: 'A message of MX’s caused a look: MX shows DENIED, and no job runs; ours is over.' },
  ],
  [
    { event: 'webhook.handled', outcome: 'nudged' },
    { kind: 'look', words: 'A message of MX’s caused a look.' },
  ],
  [
    { event: 'mx.failed', call: 'readMember', code: 'mx_timeout', failure: 'MX did not answer within 5000 ms' },
    { kind: 'trouble', words: 'MX did not do as asked (readMember): MX did not answer within 5000 ms.' },
  ],
  [
    { event: 'follow_up.failed', code: 'bug' },
    { kind: 'trouble', words: 'A look ended with an error: bug.' },
  ],
  [
    { event: 'callback.done', count: 1, outcome: 'delivered_late' },
    { kind: 'told', words: 'Callback, try 1: delivered late.' },
  ],
  [
    { event: 'callback.failed', failure: 'no' },
    { kind: 'trouble', words: 'Callback: no.' },
  ],
  [
    { event: 'notice.done', outcome: 'told' },
    { kind: 'told', words: 'Its end was told: told.' },
  ],
  [
    { event: 'notice.failed', failure: 'no' },
    { kind: 'trouble', words: 'Telling its end failed: no.' },
  ],
])('%j is a step', (fields, step) => {
  expect(looksShown([line(fields)])).toEqual([{ at: '1970-01-01T00:00:01.000Z', ...step }]);
});

it.each([
  [{ event: 'request.answered', route: 'GET /users/{u}/members/{m}/refreshes', status: 200 }],
  [{ event: 'request.answered', status: 200 }],
  [{ ...done, outcome: 'superseded' }],
  [{ event: 'webhook.handled', outcome: 'later' }],
  [{ event: 'sweep.done' }],
  [{ type: 'platform.report' }],
  ['no JSON'],
])('%j is none', (fields) => {
  expect(looksShown([line(fields)])).toEqual([]);
});

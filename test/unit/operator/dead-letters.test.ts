import type { Message } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { readLetter, shownFields, subjectOf } from '../../../infra/operator/dead-letters/letter.ts';
import { deadLetterQueues, type QueueName } from '../../../infra/operator/dead-letters/queues.ts';
import { judge, type Known } from '../../../infra/operator/dead-letters/verdict.ts';
import { encodeDelivery, encodeErasureWork, encodeNextLook } from '../../../shared/clients/messages.ts';
import { firstWork } from '../../../shared/domain/erasure-ports.ts';
import { endedEvent } from '../../../shared/domain/event.ts';
import { messagesOfToday } from '../../recorded/messages.ts';
import { at, attemptOf, claim, key, refreshId, startingClaim } from '../../samples.ts';

const { followUps, starts } = messagesOfToday();

const delivery = {
  callbackId: 'CBK-1',
  url: 'https://hooks.example.com/secret-path?token=abc',
  event: endedEvent(key, {
    ...attemptOf(startingClaim(refreshId(1))),
    correlationId: 'order-1',
  }),
  attempt: 11,
  since: at(20),
  notBefore: at(20),
};

const order = {
  erasureId: `ERS-${'0'.repeat(32)}`,
  userGuid: key.userGuid,
  memberGuid: null,
  atMx: 'members' as const,
  requestedAt: at(0),
};

const letterOf = (queue: QueueName, body: string, more: Partial<Message> = {}) =>
  readLetter(queue, {
    MessageId: 'm-1',
    Body: body,
    Attributes: { SentTimestamp: String(Date.parse(at(0))), ApproximateReceiveCount: '6' },
    ...more,
  });

const contentOf = (queue: QueueName, body: string = '') => letterOf(queue, body).content;

const look = (lookNumber: number, failedLooks: number | null = null) =>
  contentOf(
    'follow-ups',
    encodeNextLook({
      refreshId: refreshId(1),
      member: key,
      correlationId: 'order-1',
      lookNumber,
      state:
        failedLooks === null
          ? null
          : { failedLooks, unconfirmedEnd: null, newestJob: null, missingSince: null, runningAt: null },
    }),
  );

/** The invocation record of Lambda's destination for failures. */
const failedTick = JSON.stringify({
  requestContext: {
    functionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:app-Sweep-1:$LATEST',
    condition: 'RetriesExhausted',
  },
  requestPayload: { 'detail-type': 'Scheduled Event' },
  responsePayload: { errorType: 'Error', errorMessage: 'no table' },
});

describe('a dead letter', () => {
  it('tells when it was sent, and how often received', () => {
    expect(letterOf('follow-ups', followUps['encodeErasure'] ?? '')).toMatchObject({
      messageId: 'm-1',
      queue: 'follow-ups',
      sentAt: at(0),
      received: 6,
      sentBackAt: null,
    });
    const MessageAttributes = { sent_back_at: { DataType: 'String', StringValue: at(60) } };
    expect(letterOf('starts', '', { MessageAttributes }).sentBackAt).toBe(at(60));
  });

  it.each<[string, QueueName, string, object]>([
    [
      'a look',
      'follow-ups',
      followUps['encodeNextLook'] ?? '',
      { refreshId: refreshId(1), member: key, correlationId: 'order-1' },
    ],
    [
      'a webhook',
      'follow-ups',
      followUps['encodeWebhook'] ?? '',
      { refreshId: null, member: key, correlationId: null },
    ],
    ['an erasing of a member', 'follow-ups', followUps['encodeErasure'] ?? '', { refreshId: null, member: key }],
    ['a notice', 'follow-ups', followUps['encodeNotice'] ?? '', { refreshId: refreshId(1), correlationId: 'order-1' }],
    [
      'a delivery',
      'callbacks',
      encodeDelivery(delivery),
      { refreshId: refreshId(1), member: key, correlationId: 'order-1' },
    ],
    ['a batch', 'starts', starts['encodeStartBatch'] ?? '', { refreshId: null, member: null }],
  ])('says what %s is about', (_what, queue, body, subject) => {
    expect(subjectOf(contentOf(queue, body))).toMatchObject(subject);
  });

  it('of a caller without a correlation id names none', () => {
    const data = { ...delivery.event.data, correlation_id: refreshId(1) };
    const body = encodeDelivery({ ...delivery, event: { ...delivery.event, data } });
    expect(subjectOf(contentOf('callbacks', body)).correlationId).toBeNull();
  });

  it.each<[string, QueueName, string, object]>([
    ['no JSON', 'follow-ups', 'my 4711.90 EUR', { kind: 'unreadable', reason: 'a follow-up message is not JSON' }],
    ['null', 'follow-ups', 'null', { kind: 'unreadable', reason: expect.stringContaining('cannot be read') }],
    [
      'another kind',
      'starts',
      '{"version":1}',
      { kind: 'unreadable', reason: 'a start message cannot be read: dueAt, members' },
    ],
    ['a newer release', 'follow-ups', '{"version":99}', { kind: 'newer' }],
    [
      'a failed invocation',
      'ticks',
      failedTick,
      { kind: 'tick', functionName: 'app-Sweep-1', error: 'Error: no table' },
    ],
    ['a bare event', 'ticks', '{}', { kind: 'tick', functionName: null, error: null }],
  ])('is read from %s', (_what, queue, body, content) => {
    expect(contentOf(queue, body)).toEqual(content);
  });

  it('has the scheduler’s error from its attributes', () => {
    const MessageAttributes = {
      ERROR_CODE: { DataType: 'String', StringValue: 'ResourceNotFound' },
      ERROR_MESSAGE: { DataType: 'String', StringValue: 'x'.repeat(400) },
    };
    const { content } = letterOf('ticks', '{}', { MessageAttributes });
    expect(content).toMatchObject({
      kind: 'tick',
      functionName: null,
      error: expect.stringMatching(/^ResourceNotFound: x+…$/),
    });
    expect(content.kind === 'tick' && content.error?.length).toBe(300);
  });

  it('shows no URL, event, own id or unreadable body', () => {
    expect(shownFields(contentOf('callbacks', encodeDelivery(delivery)))).toEqual({
      callbackId: 'CBK-1',
      host: 'hooks.example.com',
      refreshId: refreshId(1),
      correlationId: 'order-1',
      ...key,
      outcome: 'failed',
      attempt: 11,
      since: at(20),
      notBefore: at(20),
    });
    const erasing = contentOf('follow-ups', encodeErasureWork(firstWork(order, ['user-1', 'user-2'])));
    expect(shownFields(erasing)).toMatchObject({ ...order, ownIds: 2 });
    expect(JSON.stringify(shownFields(erasing))).not.toContain('user-1');
    expect(JSON.stringify(shownFields(contentOf('follow-ups', 'my 4711.90 EUR')))).not.toContain('4711');
    expect(shownFields(contentOf('follow-ups', followUps['encodeNotice'] ?? ''))).toEqual({
      refreshId: refreshId(1),
      correlationId: 'order-1',
      ...key,
      events: true,
      callbacks: true,
      changedBalances: 1,
      tries: 1,
      since: at(20),
    });
  });
});

const nothing: Known = { record: null, hasRefresh: false, isErased: false, now: at(100) };
const running = (lookNumber: number): Known => ({
  ...nothing,
  record: { claim: claim({ refreshId: refreshId(1), lookNumber, deadline: at(600) }), deletedAt: null },
});
const notice = contentOf('follow-ups', followUps['encodeNotice']);
const callback = contentOf('callbacks', encodeDelivery(delivery));
const webhook = contentOf('follow-ups', followUps['encodeWebhook']);
const deletion = contentOf('follow-ups', followUps['encodeWebhook, deletion']);
const erasing = contentOf('follow-ups', followUps['encodeErasureWork']);
const batch = contentOf('starts', starts['encodeStartBatch']);
const deleted: Known = { ...nothing, record: { claim: null, deletedAt: at(50) } };

describe('sending back', () => {
  it.each<[string, ReturnType<typeof contentOf>, Known, string | null]>([
    ['a look of a running refresh', look(3), running(2), null],
    ['the same look once more', look(3), running(3), null],
    ['a look that a later one has replaced', look(3), running(4), 'a later look has taken its place'],
    [
      'a look of a refresh that ended',
      look(3),
      { ...nothing, record: { claim: null, deletedAt: null } },
      'the refresh has ended',
    ],
    ['a look of an unknown member', look(3), nothing, 'the refresh has ended'],
    ['a notice', notice, { ...nothing, hasRefresh: true }, null],
    ['an old notice', notice, nothing, 'the refresh is not kept any more'],
    ['a callback', callback, { ...nothing, hasRefresh: true }, null],
    ['an old callback', callback, nothing, 'it is too old, or its member was erased: the refresh is not kept any more'],
    ['a webhook', webhook, nothing, null],
    ['a webhook of a deleted member', webhook, deleted, 'the member was deleted'],
    ['a deletion of a deleted member', deletion, deleted, null],
    ['an erasing', erasing, nothing, null],
    ['a finished erasing', erasing, { ...nothing, isErased: true }, 'the erasing is done'],
    ['a second erasing', contentOf('follow-ups', followUps['encodeErasure']), deleted, null],
    ['a batch that is due', batch, { ...nothing, now: at(60 + 24 * 3_600 - 1) }, null],
    [
      'a batch of yesterday',
      batch,
      { ...nothing, now: at(60 + 24 * 3_600) },
      'the next turn of each of its members is due',
    ],
    ['a tick', contentOf('ticks', '{}'), nothing, 'the next minute has done its work'],
    ['what a newer release wrote', contentOf('starts', '{"version":99}'), nothing, null],
    ['what cannot be read', contentOf('starts', 'x'), nothing, 'no release can read it'],
  ])('%s', (_what, content, known, reason) => {
    expect(judge(content, known).void).toBe(reason);
  });

  it('repeats a finished erasing after a restore', () => {
    const body = encodeErasureWork({ ...firstWork(order, []), isRestored: true });
    expect(judge(contentOf('follow-ups', body), { ...nothing, isErased: true }).void).toBeNull();
  });

  it('is void for a callback without a refresh', () => {
    const event = { ...delivery.event, data: {} } as unknown as typeof delivery.event;
    const content = contentOf('callbacks', encodeDelivery({ ...delivery, event }));
    expect(judge(content, { ...nothing, hasRefresh: true }).void).toBe('it does not say of which refresh it tells');
  });
});

describe('discarding means', () => {
  it.each<[string, ReturnType<typeof contentOf>, Known, string]>([
    ['a look', look(3), running(2), `${refreshId(1)} may stand still until the sweep ends it, soon after ${at(600)}.`],
    [
      'a late look',
      look(3),
      { ...running(2), now: at(700) },
      `${refreshId(1)} may stand still until the sweep ends it, within a minute or two.`,
    ],
    ['a look without effect', look(3), nothing, 'Nothing is lost.'],
    [
      'a notice',
      notice,
      { ...nothing, hasRefresh: true },
      `Of the end of ${refreshId(1)}, its events and callbacks are never sent. Who reads the refresh sees its end.`,
    ],
    [
      'a callback',
      callback,
      { ...nothing, hasRefresh: true },
      `A caller gets no callback about the end of ${refreshId(1)}. It can read the refresh.`,
    ],
    ['a webhook', webhook, nothing, 'What MX has gathered by itself is read at the member’s next refresh, not now.'],
    ['a deletion', deletion, nothing, 'That MX has deleted the member is noticed at its next refresh, not now.'],
    [
      'an erasing',
      erasing,
      nothing,
      `The erasing ERS-${'0'.repeat(32)} stands still until “erasures repeat” begins it again.`,
    ],
    [
      'a second erasing',
      contentOf('follow-ups', followUps['encodeErasure']),
      nothing,
      'What was stored of the deleted member in the very moments of its deletion stays stored. Send it back instead.',
    ],
    ['a batch', batch, nothing, '1 member waits for the next turn on the schedule.'],
    ['a tick', contentOf('ticks', '{}'), nothing, 'Nothing is lost.'],
    ['what cannot be read', contentOf('starts', 'x'), nothing, 'Not known, because this command cannot read it.'],
    [
      'what a newer release wrote',
      contentOf('starts', '{"version":99}'),
      nothing,
      'Not known, because this command cannot read it.',
    ],
  ])('%s', (_what, content, known, loss) => {
    expect(judge(content, known).loss).toBe(loss);
  });
});

describe('why a letter is here', () => {
  it.each<[string, ReturnType<typeof contentOf>, RegExp]>([
    ['a look', look(3), /^1 look in a row failed/],
    ['a look after others', look(9, 3), /^4 looks in a row failed/],
    ['a notice', notice, /^nothing more could be told for a day$/],
    ['a callback', callback, /^the receiver did not take it in 12 tries/],
    [
      'a first callback',
      contentOf('callbacks', encodeDelivery({ ...delivery, attempt: 10 })),
      /^handling it failed five times/,
    ],
    ['a webhook', webhook, /^handling it failed five times/],
    ['a tick', contentOf('ticks', failedTick), /^Error: no table$/],
    ['a bare tick', contentOf('ticks', '{}'), /^AWS has not written why$/],
    ['what cannot be read', contentOf('starts', 'x'), /^a start message is not JSON$/],
    ['what a newer release wrote', contentOf('starts', '{"version":99}'), /^it waited a day for a release/],
  ])('%s', (_what, content, why) => {
    expect(judge(content, nothing).why).toMatch(why);
  });
});

describe('the queues', () => {
  const outputs = Object.fromEntries(
    [
      'FollowUpQueueUrl',
      'FollowUpDeadLetterQueueUrl',
      'StartQueueUrl',
      'StartDeadLetterQueueUrl',
      'TickDeadLetterQueueUrl',
    ].map((name) => [name, `url of ${name}`]),
  );
  const output = (name: string) => outputs[name] ?? '';

  it('are those that the settings leave', () => {
    expect(deadLetterQueues({ output, outputs }, null).map(({ name, sourceUrl }) => [name, sourceUrl])).toEqual([
      ['follow-ups', 'url of FollowUpQueueUrl'],
      ['starts', 'url of StartQueueUrl'],
      ['ticks', null],
    ]);
    expect(deadLetterQueues({ output, outputs }, 'starts')).toHaveLength(1);
    expect(() => deadLetterQueues({ output, outputs }, 'callbacks')).toThrow(/callbackHosts is empty/);
  });
});

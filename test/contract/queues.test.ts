import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSServiceException,
} from '@aws-sdk/client-sqs';
import { afterAll, describe, expect, it } from 'vitest';
import {
  decodeDelivery,
  decodeFollowUp,
  decodeStartBatch,
  encodeDelivery,
  encodeErasure,
  encodeNextLook,
  encodeNotice,
  encodeWebhook,
} from '../../shared/clients/messages.ts';
import {
  deliveryQueue,
  erasureQueue,
  erasureWorkQueue,
  followUpQueue,
  giveBackTo,
  noticeQueue,
  startQueue,
  webhookQueue,
} from '../../shared/clients/queues.ts';
import type { ErasureQueue, ErasureWork } from '../../shared/domain/erasure-ports.ts';
import { endedEvent } from '../../shared/domain/event.ts';
import { Failure } from '../../shared/domain/failure.ts';
import type { MxWebhook } from '../../shared/domain/mx-webhook.ts';
import type { Deliveries, Delivery, Notice, Notices } from '../../shared/domain/notify-ports.ts';
import type { Erasure, FollowUps, NextLook, Starts, Webhooks } from '../../shared/domain/ports.ts';
import { noWishes, type StartBatch } from '../../shared/domain/schedule.ts';
import { fakeDeliveries } from '../fakes/fake-callbacks.ts';
import { fakeErasure } from '../fakes/fake-erasure.ts';
import { fakeErasures, fakeFollowUps, fakeHints, fakeNotices, fakeQueue, fakeStarts } from '../fakes/fake-queue.ts';
import { at, attemptOf, newKey, refreshId, startingClaim } from '../samples.ts';
import { startLocalQueues } from './local-queues.ts';

const engine = await startLocalQueues();
const { client } = engine;
afterAll(() => engine.close());

/** Reads a message that has to be one for the next look. */
function decodeLook(body: string): NextLook {
  const message = decodeFollowUp(body);
  if (message.kind !== 'look') throw new TypeError(`not a look but ${message.kind}`);
  return message;
}

interface Subject {
  readonly followUps: FollowUps;
  readonly starts: Starts;
  readonly webhooks: Webhooks;
  readonly eraseAgain: Erasure['eraseAgain'];
  readonly deliveries: Deliveries;
  readonly notices: Notices;
  readonly erasures: ErasureQueue;
  /** Takes everything that is visible now. */
  receive(): Promise<string[]>;
  /** How many are in the queue and not visible yet. */
  delayed(): Promise<number>;
}

async function fake(): Promise<Subject> {
  const queue = fakeQueue({ visibilitySeconds: 180, maxReceives: 5, now: () => 0 });
  return {
    followUps: fakeFollowUps(queue),
    starts: fakeStarts(queue),
    webhooks: fakeHints(queue),
    eraseAgain: fakeErasure({ balances: new Map(), history: new Map() }, queue).eraseAgain,
    deliveries: fakeDeliveries(queue),
    notices: fakeNotices(queue),
    erasures: fakeErasures(queue),
    async receive() {
      const bodies: string[] = [];
      for (let message = queue.receive(); message !== null; message = queue.receive()) {
        bodies.push(message.body);
        queue.delete(message.id);
      }
      return bodies;
    },
    delayed: async () => [...queue.messages.values()].filter(({ visibleAt }) => visibleAt > 0).length,
  };
}

let queues = 0;
async function real(): Promise<Subject> {
  queues += 1;
  const QueueUrl = await engine.newQueue(`queue-${queues}`);
  return {
    followUps: followUpQueue(client, QueueUrl),
    starts: startQueue(client, QueueUrl),
    webhooks: webhookQueue(client, QueueUrl),
    eraseAgain: erasureQueue(client, QueueUrl),
    deliveries: deliveryQueue(client, QueueUrl),
    notices: noticeQueue(client, QueueUrl),
    erasures: erasureWorkQueue(client, QueueUrl),
    async receive() {
      const bodies: string[] = [];
      for (;;) {
        const { Messages = [] } = await client.send(
          new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
        );
        if (Messages.length === 0) return bodies;
        for (const { Body = '', ReceiptHandle } of Messages) {
          bodies.push(Body);
          await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        }
      }
    },
    async delayed() {
      const { Attributes } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessagesDelayed'] }),
      );
      return Number(Attributes?.['ApproximateNumberOfMessagesDelayed']);
    },
  };
}

const erasing: ErasureWork = {
  order: { erasureId: 'ERS-1', userGuid: 'USR-1', memberGuid: null, atMx: 'user', requestedAt: at(0) },
  round: 1,
  after: null,
  hasFound: false,
  userIds: ['user-1'],
  tries: 0,
  isRestored: false,
};

const message = (fields: Partial<NextLook> = {}): NextLook => ({
  refreshId: refreshId(1),
  correlationId: null,
  member: newKey(),
  lookNumber: 1,
  state: { failedLooks: 0, unconfirmedEnd: null, newestJob: null, missingSince: null, runningAt: null },
  ...fields,
});

const namelessJob = { jobGuid: null, aggregatedAt: null, seenAt: at(5) };
const laterState = {
  failedLooks: 3,
  unconfirmedEnd: 'DENIED/2005',
  newestJob: { jobGuid: 'JOB-1', aggregatedAt: at(2), seenAt: at(5) },
  missingSince: at(4),
  runningAt: null,
};

const webhook = (fields: Partial<MxWebhook> = {}): MxWebhook => ({
  about: 'data',
  member: newKey(),
  completedAt: at(-2),
  receivedAt: at(0),
  ...fields,
});

const notice = (fields: Partial<Notice> = {}): Notice => ({
  refreshId: refreshId(1),
  correlationId: null,
  member: newKey(),
  before: { connectionStatus: 'DENIED' },
  events: true,
  changed: [{ accountGuid: 'ACT-1', at: at(5) }],
  callbacksAfter: 'CBK-00000000000000010000000000000001',
  tries: 3,
  since: at(0),
  ...fields,
});

const delivery = (): Delivery => ({
  callbackId: 'CBK-1',
  url: 'https://hooks.example.com/mx?tenant=7',
  event: endedEvent(newKey(), attemptOf(startingClaim(refreshId(1)))),
  attempt: 3,
  since: at(0),
  notBefore: at(1800),
});

describe.each<[string, () => Promise<Subject>]>([
  ['the fake', fake],
  ['SQS', real],
])('the queues: %s', (_name, subject) => {
  it.each<[string, Partial<NextLook>]>([
    ['of a first look', {}],
    ['of a later look', { lookNumber: 7, state: laterState }],
    ['whose caller has named it', { correlationId: 'order-4711' }],
    ['that has seen no job yet', { state: { ...laterState, newestJob: null } }],
    ['that has seen a job without names', { state: { ...laterState, newestJob: namelessJob } }],
    ['of a webhook', { state: null }],
  ])('bring a follow-up from one end to the other, %s', async (_what, fields) => {
    const { followUps, receive } = await subject();
    const sent = message(fields);
    await followUps.send(sent, 0);
    expect((await receive()).map(decodeLook)).toEqual([expect.objectContaining(sent)]);
  });

  it.each([noWishes, { quietHours: { from: '22:00', to: '07:00', timeZone: 'Europe/Kyiv' }, maxAgeSeconds: 60 }])(
    'bring a batch of starts across: %j',
    async (wishes) => {
      const { starts, receive } = await subject();
      const batch: StartBatch = {
        dueAt: at(60),
        startAt: at(61),
        members: [
          { member: newKey(), everyHours: 6, slot: 'SLOT#6h#00001#0', ...wishes },
          { member: newKey(), everyHours: 24, slot: 'SLOT#24h#00001#0', ...wishes },
        ],
      };
      await starts.sendAll([{ batch, delaySeconds: 0 }]);
      expect((await receive()).map(decodeStartBatch)).toEqual([expect.objectContaining(batch)]);
    },
  );

  it.each([0, 1, 10, 11, 23])('bring all of %i batches of starts, each once', async (count) => {
    const { starts, receive, delayed } = await subject();
    const batches = Array.from({ length: count }, (_, index) => ({
      dueAt: at(60 * index),
      startAt: null,
      members: [],
    }));
    await starts.sendAll(batches.map((batch) => ({ batch, delaySeconds: 0 })));
    const received = (await receive()).map((body) => decodeStartBatch(body).dueAt);
    expect(received.toSorted()).toEqual(batches.map(({ dueAt }) => dueAt));
    expect(await delayed()).toBe(0);
  });

  it('bring webhooks, looks and erasures over one queue', async () => {
    const { followUps, webhooks, eraseAgain, receive } = await subject();
    const look = message();
    const erased = newKey();
    const sent = [
      webhook(),
      webhook({ about: 'connection', completedAt: null }),
      webhook({ about: 'deletion', completedAt: null }),
    ];
    await followUps.send(look, 0);
    for (const one of sent) await webhooks.send(one, 0);
    await eraseAgain(erased, 0);
    const received = (await receive()).map(decodeFollowUp);
    expect(received).toHaveLength(5);
    for (const work of [
      { kind: 'look', ...look },
      ...sent.map((one) => ({ kind: 'webhook', ...one })),
      { kind: 'erase', member: erased },
    ])
      expect(received).toContainEqual(expect.objectContaining(work));
  });

  it.each<[string, Partial<ErasureWork>]>([
    ['of a user', {}],
    ['of a member', { order: { ...erasing.order, memberGuid: 'MBR-1', atMx: 'nothing' } }],
    ['that has come far', { round: 2, after: 'MBR-1', hasFound: true, tries: 3, isRestored: true }],
  ])('bring an erasing from one end to the other, %s', async (_what, fields) => {
    const work = { ...erasing, ...fields };
    const { erasures, receive } = await subject();
    await erasures.send(work, 0);
    expect((await receive()).map(decodeFollowUp)).toEqual([{ kind: 'erase_data', version: 2, ...work }]);
  });

  it.each<[string, Partial<Notice>]>([
    ['of everything', {}],
    ['of callbacks alone', { events: false, changed: [], callbacksAfter: '' }],
    ['of events alone', { callbacksAfter: null }],
    ['of very many balances', { changed: null }],
    ['where MX was never read', { before: null }],
    ['where there was no status', { before: { connectionStatus: null } }],
  ])('bring a notice from one end to the other, %s', async (_what, fields) => {
    const { notices, receive } = await subject();
    const sent = notice(fields);
    await notices.send(sent, 0);
    expect((await receive()).map(decodeFollowUp)).toEqual([{ kind: 'notify', version: 2, ...sent }]);
  });

  it.each([0, 1, 10, 11, 100])('bring all of %i deliveries, each once', async (count) => {
    const { deliveries, receive } = await subject();
    const ids = Array.from({ length: count }, (_, index) => `CBK-${String(index).padStart(3, '0')}`);
    await deliveries.sendAll(ids.map((callbackId) => ({ ...delivery(), callbackId })));
    expect((await receive()).map((body) => decodeDelivery(body).callbackId).toSorted()).toEqual(ids);
  });

  it('bring a delivery, its event byte for byte', async () => {
    const { deliveries, receive } = await subject();
    const sent = delivery();
    await deliveries.send(sent, 0);
    const [received] = (await receive()).map(decodeDelivery);
    expect(received).toMatchObject(sent);
    expect(JSON.stringify(received?.event)).toBe(JSON.stringify(sent.event));
  });

  it('hold a message back for its delay, fractions rounded up', async () => {
    const { followUps, starts, receive, delayed } = await subject();
    await followUps.send(message(), 0.2);
    const batch = { dueAt: at(0), startAt: null, members: [] };
    await starts.sendAll([
      { batch, delaySeconds: 30 },
      { batch, delaySeconds: 0.5 },
    ]);
    expect(await receive()).toEqual([]);
    expect(await delayed()).toBe(3);
  });

  it('delay up to 15 minutes; overdue at once', async () => {
    const { followUps, receive, delayed } = await subject();
    await followUps.send(message(), 86_400);
    expect(await delayed()).toBe(1);
    await followUps.send(message(), -3);
    expect(await receive()).toHaveLength(1);
  });
});

describe('giving a message back', () => {
  it('makes SQS deliver it again at once', async () => {
    const QueueUrl = await engine.newQueue('given-back', { VisibilityTimeout: '180' });
    const receive = async () =>
      (await client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 0 }))).Messages?.[0];
    await followUpQueue(client, QueueUrl).send(message(), 0);
    const received = await receive();
    expect(await receive()).toBeUndefined();
    await giveBackTo(client, QueueUrl)({ receiptHandle: received?.ReceiptHandle ?? expect.fail('nothing came') });
    expect((await receive())?.MessageId).toBe(received?.MessageId);
  });

  it('fails when the message is no longer received', async () => {
    const QueueUrl = await engine.newQueue('not-given-back');
    await expect(giveBackTo(client, QueueUrl)({ receiptHandle: 'unknown' })).rejects.toThrow(SQSServiceException);
  });
});

describe('a message that cannot be read', () => {
  it.each([
    ['no JSON', 'hello'],
    ['no object', '"hello"'],
    ['another version', encodeNextLook(message()).replace('"version":1', '"version":3')],
    ['no look number', encodeNextLook(message()).replace(/"look":1,?/, '')],
    ['a look number below 1', encodeNextLook(message({ lookNumber: 0 }))],
    ['no refresh id', encodeNextLook(message({ refreshId: 'JOB-1' }))],
    ['no member', encodeNextLook(message()).replace(/"member":\{[^}]*\}/, '"member":{}')],
  ])('unreadable: never retried, not repeated in texts: %s', (_what, body) => {
    const read = () => decodeLook(body);
    expect(read).toThrow(Failure);
    expect(read).toThrow(expect.objectContaining({ code: 'bad_message', fate: 'never-retry' }));
    expect(() => decodeStartBatch(body)).toThrow(expect.objectContaining({ code: 'bad_message' }));
  });

  it.each([
    ['another kind', encodeWebhook(webhook()).replace('"webhook"', '"weather"')],
    ['a webhook about something else', encodeWebhook(webhook()).replace('"data"', '"weather"')],
    ['a webhook without its time', encodeWebhook(webhook()).replace(/"received_at":"[^"]*"/, '"received_at":"now"')],
    ['an erasure without a member', encodeErasure(newKey()).replace(/"member":\{[^}]*\}/, '"member":null')],
    ['a look of another version', encodeNextLook(message()).replace('"version":1', '"version":3')],
    ['a notice of the version before there were any', encodeNotice(notice()).replace('"version":2', '"version":1')],
    ['a notice without callbacks', encodeNotice(notice()).replace(/"callbacks_after":"[^"]*",/, '')],
    ['null', 'null'],
  ])('is such a failure on the follow-up queue: %s', (_what, body) => {
    expect(() => decodeFollowUp(body)).toThrow(expect.objectContaining({ code: 'bad_message', fate: 'never-retry' }));
  });

  it.each([
    ['no event', JSON.stringify({ ...JSON.parse(encodeDelivery(delivery())), event: undefined })],
    ['an event without a type', JSON.stringify({ ...JSON.parse(encodeDelivery(delivery())), event: { id: 'x' } })],
    ['no URL', encodeDelivery({ ...delivery(), url: 'hooks' })],
    ['no JSON', 'hello'],
  ])('is such a failure on the queue of deliveries: %s', (_what, body) => {
    expect(() => decodeDelivery(body)).toThrow(expect.objectContaining({ code: 'bad_message', fate: 'never-retry' }));
  });

  it('a look without a kind is no older message', () => {
    expect(encodeNextLook(message())).not.toContain('kind');
    expect(decodeFollowUp(encodeNextLook(message({ lookNumber: 9 })))).toMatchObject({ kind: 'look', lookNumber: 9 });
  });

  it('has the same words in every version', () => {
    const state = {
      ...laterState,
      missingSince: 'T4',
      runningAt: null,
      newestJob: { ...laterState.newestJob, aggregatedAt: 'T2', seenAt: 'T5' },
    };
    const member = { userGuid: 'USR-1', memberGuid: 'MBR-1' };
    const sent = { refreshId: 'RFR-1', correlationId: null, member, lookNumber: 7, state };
    expect(JSON.parse(encodeNextLook({ ...sent, correlationId: 'order-1' }))).toMatchObject({
      correlation_id: 'order-1',
    });
    expect(JSON.parse(encodeNextLook(sent))).toEqual({
      version: 1,
      refresh_id: 'RFR-1',
      member: { user_guid: 'USR-1', member_guid: 'MBR-1' },
      look: 7,
      memory: {
        failures: 3,
        candidate: 'DENIED/2005',
        job: { job_guid: 'JOB-1', aggregated_at: 'T2', seen_at: 'T5' },
        missing_since: 'T4',
      },
    });
    const { correlationId: _, ...old } = sent;
    const before = { version: 1, ...old, look: 7, memory: { failures: 3, candidate: null } };
    expect(decodeLook(JSON.stringify(before)).correlationId).toBeNull();
    expect(decodeLook(JSON.stringify(before)).state).toEqual({
      failedLooks: 3,
      unconfirmedEnd: null,
      newestJob: null,
      missingSince: null,
      runningAt: null,
    });
  });

  it('names what is wrong with it', () => {
    expect(() => decodeLook(encodeNextLook(message({ lookNumber: 0 })))).toThrow(/look/);
  });
});

describe('the fake queue alone', () => {
  it('hides, repeats, and gives up after too many tries', () => {
    let now = 0;
    const queue = fakeQueue({ visibilitySeconds: 180, maxReceives: 2, now: () => now });
    const { id } = queue.put('body', 5);
    expect(queue.receive()).toBeNull();
    now = 5_000;
    expect(queue.receive()).toMatchObject({ id, receives: 1 });
    expect(queue.receive()).toBeNull();
    expect(queue.nextVisibleAt()).toBe(185_000);
    queue.hideFor(id, 0);
    expect(queue.receive()).toMatchObject({ id, receives: 2 });
    now = 185_000;
    expect(queue.receive()).toBeNull();
    expect(queue.deadLetters).toMatchObject([{ id, receives: 2 }]);
    expect(queue.nextVisibleAt()).toBeNull();
  });

  it('refuses a delay that SQS refuses', () => {
    const queue = fakeQueue({ visibilitySeconds: 180, maxReceives: 2, now: () => 0 });
    for (const delay of [901, -1, 0.5]) expect(() => queue.put('body', delay)).toThrow(RangeError);
  });
});

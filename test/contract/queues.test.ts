import type { Server } from 'node:http';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeFollowUp, decodeStartBatch, encodeFollowUp } from '../../shared/clients/messages.ts';
import { followUpQueue, startQueue } from '../../shared/clients/queues.ts';
import { Failure } from '../../shared/domain/failure.ts';
import type { FollowUp, FollowUps, Starts } from '../../shared/domain/ports.ts';
import type { StartBatch } from '../../shared/domain/schedule.ts';
import { fakeFollowUps, fakeQueue, fakeStarts } from '../fakes/fake-queue.ts';
import { listenOnLoopback } from './local-tables.ts';
import { at, newKey, refreshId } from './samples.ts';

let client: SQSClient;
let app: { server: Server; ready(): PromiseLike<unknown>; close(): PromiseLike<unknown> };
beforeAll(async () => {
  app = buildApp({ logger: false });
  await app.ready();
  const port = await listenOnLoopback(app.server);
  client = new SQSClient({
    endpoint: `http://127.0.0.1:${port}`,
    // Queue URLs of the engine name a host that does not exist.
    useQueueUrlAsEndpoint: false,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
});
afterAll(async () => {
  client.destroy();
  await app.close();
});

interface Subject {
  readonly followUps: FollowUps;
  readonly starts: Starts;
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
  const { QueueUrl = '' } = await client.send(new CreateQueueCommand({ QueueName: `queue-${queues}` }));
  return {
    followUps: followUpQueue(client, QueueUrl),
    starts: startQueue(client, QueueUrl),
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

const message = (fields: Partial<FollowUp> = {}): FollowUp => ({
  refreshId: refreshId(1),
  member: newKey(),
  look: 1,
  memory: { failures: 0, candidate: null },
  ...fields,
});

describe.each<[string, () => Promise<Subject>]>([
  ['the fake', fake],
  ['SQS', real],
])('the queues: %s', (_name, subject) => {
  it.each<[string, Partial<FollowUp>]>([
    ['with an empty memory', {}],
    ['with a memory', { look: 7, memory: { failures: 3, candidate: 'DENIED/2005' } }],
    ['without a memory', { memory: null }],
  ])('bring a follow-up from one end to the other, %s', async (_what, fields) => {
    const { followUps, receive } = await subject();
    const sent = message(fields);
    await followUps.send(sent, 0);
    expect((await receive()).map(decodeFollowUp)).toEqual([expect.objectContaining(sent)]);
  });

  it('bring a batch of starts from one end to the other', async () => {
    const { starts, receive } = await subject();
    const batch: StartBatch = {
      dueAt: at(60),
      members: [
        { member: newKey(), everyHours: 6, slot: 'SLOT#6h#00001#0' },
        { member: newKey(), everyHours: 24, slot: 'SLOT#24h#00001#0' },
      ],
    };
    await starts.send(batch, 0);
    expect((await receive()).map(decodeStartBatch)).toEqual([expect.objectContaining(batch)]);
  });

  it('hold a message back for its delay, fractions rounded up', async () => {
    const { followUps, starts, receive, delayed } = await subject();
    await followUps.send(message(), 0.2);
    await starts.send({ dueAt: at(0), members: [] }, 30);
    expect(await receive()).toEqual([]);
    expect(await delayed()).toBe(2);
  });

  it('hold back for 15 minutes what is due later, and send at once what was due before', async () => {
    const { followUps, receive, delayed } = await subject();
    await followUps.send(message(), 86_400);
    expect(await delayed()).toBe(1);
    await followUps.send(message(), -3);
    expect(await receive()).toHaveLength(1);
  });
});

describe('a message that cannot be read', () => {
  it.each([
    ['no JSON', 'hello'],
    ['no object', '"hello"'],
    ['another version', encodeFollowUp(message()).replace('"version":1', '"version":2')],
    ['no look number', encodeFollowUp(message()).replace(/"look":1,?/, '')],
    ['a look number below 1', encodeFollowUp(message({ look: 0 }))],
    ['no refresh id', encodeFollowUp(message({ refreshId: 'JOB-1' }))],
    ['no member', encodeFollowUp(message()).replace(/"member":\{[^}]*\}/, '"member":{}')],
  ])('is a failure that is never retried and repeats nothing of it: %s', (_what, body) => {
    const read = () => decodeFollowUp(body);
    expect(read).toThrow(Failure);
    expect(read).toThrow(expect.objectContaining({ code: 'bad_message', fate: 'never-retry' }));
    expect(() => decodeStartBatch(body)).toThrow(expect.objectContaining({ code: 'bad_message' }));
  });

  it('names what is wrong with it', () => {
    expect(() => decodeFollowUp(encodeFollowUp(message({ look: 0 })))).toThrow(/look/);
  });
});

describe('the fake queue alone', () => {
  it('hides a received message, gives it out again, and lets it die after too many tries', () => {
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

/** What is sent to queues: each message with its delay, batches of which SQS takes a part, looks that wait for others. */
import { setImmediate as turn } from 'node:timers/promises';
import { SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import {
  deliveryQueue,
  erasureQueue,
  firstSentAt,
  followUpQueue,
  giveBackTo,
  looksTogether,
  noticeQueue,
  putBackTo,
  startQueue,
  sweepQueue,
  webhookQueue,
} from '../../../shared/clients/queues.ts';
import { firstLookState } from '../../../shared/domain/decision.ts';
import { endedEvent } from '../../../shared/domain/event.ts';
import type { NextLook } from '../../../shared/domain/ports.ts';
import { noWishes } from '../../../shared/domain/schedule.ts';
import { at, attemptOf, claim, key, refreshId, T0 } from '../../samples.ts';

const URL_1 = 'https://sqs.example/queue';

interface Input {
  readonly QueueUrl?: string | undefined;
  readonly MessageBody?: string | undefined;
  readonly DelaySeconds?: number | undefined;
  readonly Entries?: readonly { readonly Id: string; readonly DelaySeconds?: number }[];
}

interface Refused {
  readonly Id: string;
  readonly SenderFault: boolean;
  readonly Code: string;
}

/** SQS in this process: it answers a turn later, and refuses of the n-th request what `refusing` says of each entry. */
function queue(refusing: (entry: string, request: number) => Refused | null = () => null) {
  const client = new SQSClient({ region: 'us-east-1' });
  const sent: Input[] = [];
  let answered = 0;
  client.middlewareStack.add(
    () => async (args) => {
      const input: Input = JSON.parse(JSON.stringify(args.input));
      sent.push(input);
      const request = sent.length;
      await turn();
      answered += 1;
      const Failed = (input.Entries ?? []).map(({ Id }) => refusing(Id, request)).filter((failed) => failed !== null);
      return { output: { $metadata: {}, Failed }, response: {} };
    },
    { step: 'initialize' },
  );
  return { client, sent, answered: () => answered };
}

/** How `promise` has ended after some turns of the event loop; a promise that nothing settles is `waiting`. */
async function ended(promise: Promise<unknown>): Promise<unknown> {
  let state: unknown = 'waiting';
  promise.then(
    () => {
      state = 'done';
    },
    (error: unknown) => {
      state = error;
    },
  );
  for (let turns = 0; turns < 20; turns += 1) await turn();
  return state;
}

const look = (lookNumber: number): NextLook => ({
  refreshId: refreshId(1),
  member: key,
  lookNumber,
  state: firstLookState,
  correlationId: null,
});
const delivery = (number: number) => ({
  callbackId: `CBK-${number}`,
  url: 'https://hooks.example.com/',
  event: endedEvent(key, attemptOf(claim())),
  attempt: 0,
  since: T0,
  notBefore: T0,
});
const webhook = { about: 'data', member: key, completedAt: null, receivedAt: T0 } as const;
const notice = {
  refreshId: refreshId(1),
  correlationId: null,
  member: key,
  before: null,
  events: true,
  changed: [],
  callbacksAfter: null,
  tries: 0,
  since: T0,
};
const starts = (count: number, delaySeconds = 0) =>
  Array.from({ length: count }, (_, minute) => ({
    delaySeconds,
    batch: {
      dueAt: at(60 * minute),
      startAt: null,
      members: [{ member: key, everyHours: 24, slot: 'SLOT#24h#00001#0', ...noWishes }] as const,
    },
  }));

describe('a message', () => {
  it.each<[string, (client: SQSClient, inSeconds: number) => Promise<void>, string]>([
    ['look', (client, seconds) => followUpQueue(client, URL_1).send(look(3), seconds), '"look":3'],
    ['webhook', (client, seconds) => webhookQueue(client, URL_1).send(webhook, seconds), '"kind":"webhook"'],
    ['erasure', (client, seconds) => erasureQueue(client, URL_1)(key, seconds), '"kind":"erase"'],
    ['notice', (client, seconds) => noticeQueue(client, URL_1).send(notice, seconds), '"kind":"notify"'],
    ['delivery', (client, seconds) => deliveryQueue(client, URL_1).send(delivery(1), seconds), '"callback_id":"CBK-1"'],
  ])('with a %s is taken, with its delay', async (_kind, send, part) => {
    const { client, sent, answered } = queue();
    for (const seconds of [-1, 0, 0.5, 900, 901]) await send(client, seconds);
    expect(answered()).toBe(5);
    expect(sent.map(({ DelaySeconds }) => DelaySeconds)).toEqual([0, 0, 1, 900, 900]);
    expect(sent.every(({ QueueUrl, MessageBody = '' }) => QueueUrl === URL_1 && MessageBody.includes(part))).toBe(true);
  });

  it('with what a sweep has left is sent at once', async () => {
    const { client, sent, answered } = queue();
    await sweepQueue(client, URL_1).send({ shard: 3, begunAt: T0, after: null });
    expect([answered(), sent[0]?.DelaySeconds, sent[0]?.QueueUrl]).toEqual([1, 0, URL_1]);
    expect(sent[0]?.MessageBody).toContain('"shard":3');
  });
});

describe('more messages than a request has', () => {
  it('are sent ten by ten', async () => {
    const { client, sent, answered } = queue();
    await startQueue(client, URL_1).sendAll(starts(21, 901));
    expect([answered(), sent.map(({ Entries = [] }) => Entries.length)]).toEqual([3, [10, 10, 1]]);
    expect(sent[0]?.Entries?.[0]).toMatchObject({ Id: '0', DelaySeconds: 900 });
    const others = queue();
    await deliveryQueue(others.client, URL_1).sendAll(Array.from({ length: 20 }, (_, number) => delivery(number)));
    expect([others.answered(), others.sent.map(({ Entries = [] }) => Entries.length)]).toEqual([2, [10, 10]]);
  });

  it('are none of none', async () => {
    const { client, sent } = queue();
    await startQueue(client, URL_1).sendAll([]);
    await deliveryQueue(client, URL_1).sendAll([]);
    expect(sent).toEqual([]);
  });
});

describe('what SQS does not take of a batch', () => {
  const busy = (Id: string): Refused => ({ Id, SenderFault: false, Code: 'InternalError' });
  const ours = (Id: string): Refused => ({ Id, SenderFault: true, Code: 'InvalidMessageContents' });
  const ids = (sent: readonly Input[]) => sent.map(({ Entries = [] }) => Entries.map(({ Id }) => Id));

  it('is sent again, and only that', async () => {
    const { client, sent } = queue((id, request) => (request === 1 && id !== '1' ? busy(id) : null));
    await startQueue(client, URL_1).sendAll(starts(3));
    expect(ids(sent)).toEqual([
      ['0', '1', '2'],
      ['0', '2'],
    ]);
  });

  it('three times has failed', async () => {
    const { client, sent } = queue((id) => (id === '1' ? busy(id) : null));
    await expect(startQueue(client, URL_1).sendAll(starts(2))).rejects.toMatchObject({ code: 'busy' });
    expect(ids(sent)).toEqual([['0', '1'], ['1'], ['1']]);
  });

  it('for a fault of ours is not sent again', async () => {
    const { client, sent } = queue((id) => (id === '2' ? ours(id) : id === '0' ? busy(id) : null));
    await expect(startQueue(client, URL_1).sendAll(starts(3))).rejects.toMatchObject({ code: 'internal' });
    expect(ids(sent)).toEqual([['0', '1', '2'], ['0'], ['0']]);
  });

  it('is told of each', async () => {
    const { client } = queue((id) => (id === '0' ? null : ours(id)));
    const looks = looksTogether(client, URL_1);
    const sends = [1, 2, 3].map((number) => looks.during(() => looks.send(look(number), 5)));
    const [first, ...others] = await Promise.all(sends.map(ended));
    expect([first, others]).toMatchObject(['done', [{ code: 'internal' }, { code: 'internal' }]]);
  });
});

describe('looks of messages that are handled together', () => {
  /** Handles messages: each does `steps` when it is told to go on. */
  function handling(client: SQSClient, mostMs?: number) {
    const looks = looksTogether(client, URL_1, mostMs);
    const handle = (work: () => Promise<unknown>) => looks.during(work);
    return { looks, handle };
  }

  it('go in one request, once each has one', async () => {
    const { client, sent } = queue();
    const { looks, handle } = handling(client, 600_000);
    const [one, two] = [1, 2].map((number) => handle(() => looks.send(look(number), number * 10)));
    expect(await Promise.all([one, two].map((handled) => ended(handled ?? Promise.reject(new Error('none')))))).toEqual(
      ['done', 'done'],
    );
    expect(sent.map(({ Entries = [] }) => Entries.map(({ DelaySeconds }) => DelaySeconds))).toEqual([[10, 20]]);
  });

  it('go when the others are done without one', async () => {
    const { client, sent } = queue();
    const { looks, handle } = handling(client, 600_000);
    const other = Promise.withResolvers<void>();
    const waits = handle(() => looks.send(look(1), 5));
    const done = handle(() => other.promise);
    expect(await ended(waits)).toBe('waiting');
    expect(sent).toEqual([]);
    other.resolve();
    expect([await ended(waits), await ended(done)]).toEqual(['done', 'done']);
    expect(sent).toHaveLength(1);
  });

  it('wait no longer than they may', async () => {
    const { client, sent } = queue();
    const { looks, handle } = handling(client, 1);
    void handle(() => new Promise(() => {}));
    await handle(() => looks.send(look(1), 5));
    expect(sent).toHaveLength(1);
  });

  it('of one message alone go at once, by themselves', async () => {
    const { client, sent } = queue();
    const { looks, handle } = handling(client, 600_000);
    expect(await ended(handle(() => looks.send(look(1), 5)))).toBe('done');
    expect(await ended(handle(() => looks.send(look(2), 5)))).toBe('done');
    expect(sent.map(({ MessageBody = '' }) => JSON.parse(MessageBody).look)).toEqual([1, 2]);
  });

  it('beyond ten go in a second request', async () => {
    const { client, sent } = queue();
    const { looks, handle } = handling(client, 600_000);
    const all = Array.from({ length: 11 }, (_, number) => handle(() => looks.send(look(number + 1), 5)));
    expect(new Set(await Promise.all(all.map(ended)))).toEqual(new Set(['done']));
    expect(sent.map(({ Entries = [] }) => Entries.length).toSorted()).toEqual([1, 10]);
  });

  it('fail together when SQS is away', async () => {
    const client = new SQSClient({ region: 'us-east-1' });
    client.middlewareStack.add(() => () => Promise.reject(new Error('SQS is away')), { step: 'initialize' });
    const { looks, handle } = handling(client, 600_000);
    const all = [1, 2].map((number) => handle(() => looks.send(look(number), 5)));
    expect(await Promise.all(all.map(ended))).toMatchObject([{ message: 'SQS is away' }, { message: 'SQS is away' }]);
  });

  it('leave no timer when all are sent', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const { client } = queue();
    const { looks, handle } = handling(client, 600_000);
    const before = timers();
    await Promise.all([1, 2, 3].map((number) => handle(() => looks.send(look(number), 5))));
    expect(timers()).toBeLessThanOrEqual(before);
  });
});

describe('a message that comes back', () => {
  const received = {
    receiptHandle: 'receipt',
    body: '{"version":9}',
    attributes: { SentTimestamp: '1795262400000' },
    messageAttributes: {},
  };

  it('was first sent when SQS or it says', () => {
    const before = { first_sent_at: { stringValue: at(-60) } };
    expect(firstSentAt(received)).toBe(T0);
    expect(firstSentAt({ ...received, messageAttributes: before })).toBe(at(-60));
  });

  it('is put back for 30 s, unchanged, with that time', async () => {
    const { client, sent, answered } = queue();
    await putBackTo(client, URL_1)(received);
    expect(answered()).toBe(1);
    expect(sent).toEqual([
      {
        QueueUrl: URL_1,
        MessageBody: '{"version":9}',
        MessageAttributes: { first_sent_at: { DataType: 'String', StringValue: T0 } },
        DelaySeconds: 30,
      },
    ]);
  });

  it('is given back at once', async () => {
    const { client, sent, answered } = queue();
    await giveBackTo(client, URL_1)(received);
    expect([answered(), sent]).toEqual([1, [{ QueueUrl: URL_1, ReceiptHandle: 'receipt', VisibilityTimeout: 0 }]]);
  });
});

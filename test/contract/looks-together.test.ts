/** Looks of messages that are handled together. The engine takes whole batches only, so a server answers as SQS may. */
import { createHash } from 'node:crypto';
import { SQSClient } from '@aws-sdk/client-sqs';
import { expect, it, onTestFinished } from 'vitest';
import { looksTogether } from '../../shared/clients/queues.ts';
import { firstLookState } from '../../shared/domain/decision.ts';
import { sendJson, stubServer } from './stub-server.ts';

interface Sent {
  readonly MessageBody?: string;
  readonly Entries?: readonly { readonly Id: string; readonly MessageBody: string; readonly DelaySeconds: number }[];
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
const numberIn = (body: string): number => JSON.parse(body).look;

/** A queue that never takes the looks `refused`, and what each request sent: numbers of looks. */
async function started({ refused = [], mostMs = 10_000, status = 200 }: Options = {}) {
  const requests: number[][] = [];
  const server = await stubServer(({ body }, response) => {
    const { MessageBody, Entries = [] }: Sent = JSON.parse(body);
    requests.push(
      MessageBody === undefined ? Entries.map((entry) => numberIn(entry.MessageBody)) : [numberIn(MessageBody)],
    );
    const bad = Entries.filter((entry) => refused.includes(numberIn(entry.MessageBody)));
    sendJson(
      response,
      MessageBody === undefined
        ? {
            Successful: Entries.filter((entry) => !bad.includes(entry)).map((entry) => ({
              Id: entry.Id,
              MessageId: entry.Id,
              MD5OfMessageBody: md5(entry.MessageBody),
            })),
            Failed: bad.map(({ Id }) => ({ Id, SenderFault: false, Code: 'InternalError' })),
          }
        : { MessageId: '1', MD5OfMessageBody: md5(MessageBody) },
      status,
    );
  });
  const client = new SQSClient({
    endpoint: server.url,
    useQueueUrlAsEndpoint: false,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  onTestFinished(async () => {
    client.destroy();
    await server.close();
  });
  const looks = looksTogether(client, `${server.url}/queue`, mostMs);
  const send = (lookNumber: number): Promise<void> =>
    looks.send(
      {
        refreshId: 'RFR-1',
        member: { userGuid: 'USR-1', memberGuid: 'MBR-1' },
        lookNumber,
        state: firstLookState,
        correlationId: null,
      },
      5,
    );
  return { requests, send, during: looks.during };
}

interface Options {
  readonly refused?: readonly number[];
  readonly mostMs?: number;
  readonly status?: number;
}

it('are one request', async () => {
  const { requests, send, during } = await started();
  await Promise.all([1, 2, 3].map((look) => during(() => send(look))));
  expect(requests).toEqual([[1, 2, 3]]);
});

it('are two when there are more than ten', async () => {
  const { requests, send, during } = await started();
  await Promise.all(Array.from({ length: 12 }, (_, index) => during(() => send(index + 1))));
  expect(requests.map(({ length }) => length).toSorted()).toEqual([10, 2]);
});

it('are sent at once when they are alone', async () => {
  const { requests, send, during } = await started();
  await during(() => send(1));
  await send(2);
  expect(requests).toEqual([[1], [2]]);
});

it('wait for a message that has none', async () => {
  const { requests, send, during } = await started();
  const { promise: looked, resolve } = Promise.withResolvers<void>();
  const slow = during(() => looked);
  const others = [1, 2].map((look) => during(() => send(look)));
  expect(requests).toEqual([]);
  resolve();
  await Promise.all([slow, ...others]);
  expect(requests).toEqual([[1, 2]]);
});

it('wait no longer than they may', async () => {
  const { requests, send, during } = await started({ mostMs: 1 });
  const { promise: never, resolve } = Promise.withResolvers<void>();
  const stuck = during(() => never);
  await during(() => send(1));
  expect(requests).toEqual([[1]]);
  resolve();
  await stuck;
});

it('fail each for itself', async () => {
  const { requests, send, during } = await started({ refused: [2] });
  const sent = await Promise.allSettled([1, 2, 3].map((look) => during(() => send(look))));
  expect(sent.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(sent[1]).toMatchObject({ reason: { code: 'busy', fate: 'try-again' } });
  expect(requests).toEqual([[1, 2, 3], [2], [2]]);
});

it('fail together with their request', async () => {
  const { send, during } = await started({ status: 403 });
  const sent = await Promise.allSettled([1, 2].map((look) => during(() => send(look))));
  expect(sent.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});

it('of two sent one after the other are two requests', async () => {
  const { requests, send, during } = await started();
  await Promise.all([
    during(async () => {
      await send(1);
      await send(2);
    }),
    during(() => send(3)),
  ]);
  expect(requests).toEqual([[1, 3], [2]]);
});

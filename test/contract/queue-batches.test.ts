/** Batches of which SQS takes only a part: the engine takes whole ones only, so a server answers as SQS's documents say. */
import { createHash } from 'node:crypto';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, expect, it } from 'vitest';
import { startQueue } from '../../shared/clients/queues.ts';
import { at } from '../samples.ts';
import { type StubServer, sendJson, stubServer } from './stub-server.ts';

interface Entry {
  readonly Id: string;
  readonly MessageBody: string;
}

const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanup.splice(0)) await undo();
});

/** A start queue that refuses, in its n-th request, the entries at these places (of that request). */
async function queueRefusing(places: readonly (readonly number[])[], senderFault = false) {
  let requests = 0;
  const server: StubServer = await stubServer(({ body }, response) => {
    const refused = places[requests] ?? [];
    requests += 1;
    const { Entries }: { Entries: Entry[] } = JSON.parse(body);
    sendJson(response, {
      Successful: Entries.filter((_, place) => !refused.includes(place)).map(({ Id, MessageBody }) => ({
        Id,
        MessageId: Id,
        MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
      })),
      Failed: Entries.filter((_, place) => refused.includes(place)).map(({ Id }) => ({
        Id,
        SenderFault: senderFault,
        Code: 'InternalError',
      })),
    });
  });
  const client = new SQSClient({
    endpoint: server.url,
    useQueueUrlAsEndpoint: false,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  cleanup.push(
    () => client.destroy(),
    () => server.close(),
  );
  /** The minutes of the batches in each request. */
  const sent = () =>
    server.seen.map(({ body }) => {
      const { Entries }: { Entries: Entry[] } = JSON.parse(body);
      return Entries.map(({ MessageBody }) => Number(JSON.parse(MessageBody).due_at.slice(14, 16)));
    });
  return { starts: startQueue(client, `${server.url}/queue`), sent };
}

/** `count` batches, due one minute after the other from minute 0. */
const batches = (count: number) =>
  Array.from({ length: count }, (_, minute) => ({
    batch: { dueAt: at(60 * minute), startAt: null, members: [] },
    delaySeconds: 0,
  }));

it('sends again only what was refused', async () => {
  const { starts, sent } = await queueRefusing([[1, 3], [0]]);
  await starts.sendAll(batches(5));
  expect(sent()).toEqual([[0, 1, 2, 3, 4], [1, 3], [1]]);
});

it('fails when a message was refused three times', async () => {
  const { starts, sent } = await queueRefusing([[2], [0], [0]]);
  await expect(starts.sendAll(batches(3))).rejects.toMatchObject({ code: 'busy', fate: 'try-again' });
  expect(sent()).toEqual([[0, 1, 2], [2], [2]]);
});

it('fails at once when the message itself is at fault', async () => {
  const { starts, sent } = await queueRefusing([[0]], true);
  await expect(starts.sendAll(batches(2))).rejects.toMatchObject({ code: 'internal' });
  expect(sent()).toEqual([[0, 1]]);
});

it('stops after a failed batch of ten', async () => {
  const { starts, sent } = await queueRefusing([[], [0], [0], [0]]);
  await expect(starts.sendAll(batches(25))).rejects.toMatchObject({ code: 'busy' });
  expect(sent().map((minutes) => minutes.length)).toEqual([10, 10, 1, 1]);
});

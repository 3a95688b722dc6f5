import { createServer, type Server } from 'node:http';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { afterEach, describe, expect, it } from 'vitest';
import { eventBus } from '../../shared/clients/event-bus.ts';
import { type DomainEvent, endedEvent } from '../../shared/domain/event.ts';
import type { ReadOwnIds } from '../../shared/domain/own-ids.ts';
import { fakeEvents } from '../fakes/fake-events.ts';
import { attemptOf, newKey, refreshId, startingClaim } from '../samples.ts';
import { closed, listenOnLoopback } from './local-tables.ts';

const event = endedEvent(newKey(), attemptOf(startingClaim(refreshId(1))));

let server: Server | undefined;
let client: EventBridgeClient | undefined;
afterEach(async () => {
  client?.destroy();
  if (server) await closed(server);
});

/** An EventBridge that answers every call like this, and the entries that it was sent. */
async function bridgeThatAnswers(status: number, body: object, ownIds: ReadOwnIds | null = null) {
  const entries: Record<string, unknown>[] = [];
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    entries.push(...JSON.parse(Buffer.concat(chunks).toString('utf8')).Entries);
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(body));
  });
  const port = await listenOnLoopback(server);
  client = new EventBridgeClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  return { events: eventBus(client, 'bus-1', ownIds), entries };
}

describe('the event bus', () => {
  it('sends the member’s own ids where it is to', async () => {
    const answer = { FailedEntryCount: 0, Entries: [{ EventId: '1' }] };
    const { events, entries } = await bridgeThatAnswers(200, answer, async ({ memberGuid }) => ({
      member_id: `own of ${memberGuid}`,
      user_id: null,
    }));
    await events.publish(event);
    const { data } = event;
    expect(JSON.parse(String(entries[0]?.['Detail']))).toEqual({
      ...event,
      data: { ...data, member_id: `own of ${data.member_guid}`, user_id: null },
    });
  });

  it('sends the event as the detail of one entry', async () => {
    const { events, entries } = await bridgeThatAnswers(200, { FailedEntryCount: 0, Entries: [{ EventId: '1' }] });
    await events.publish(event);
    expect(entries).toHaveLength(1);
    const [entry] = entries;
    expect(entry).toMatchObject({
      EventBusName: 'bus-1',
      Source: 'mx-fresh-balances',
      DetailType: 'refresh.failed',
      Time: Date.parse(event.time) / 1000,
    });
    expect(JSON.parse(String(entry?.['Detail']))).toEqual(event);
  });

  it('fails when EventBridge answers 200 without taking the entry', async () => {
    const { events } = await bridgeThatAnswers(200, {
      FailedEntryCount: 1,
      Entries: [{ ErrorCode: 'ThrottlingException', ErrorMessage: 'slow down' }],
    });
    await expect(events.publish(event)).rejects.toMatchObject({
      code: 'busy',
      fate: 'try-again',
      message: expect.stringContaining('ThrottlingException'),
    });
  });

  it('fails when EventBridge fails', async () => {
    const { events } = await bridgeThatAnswers(500, { __type: 'InternalException' });
    await expect(events.publish(event)).rejects.toThrow();
  });

  it('has a fake that remembers every delivery, doubles too', async () => {
    const published: DomainEvent[] = [];
    const events = fakeEvents(published);
    await events.publish(event);
    await events.publish(event);
    expect(published).toEqual([event, event]);
  });
});

import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, it } from 'vitest';
import { scheduleChangesInDynamoDb } from '../../shared/clients/schedule-changes.ts';
import type { ScheduleChanges } from '../../shared/domain/ports.ts';
import { fakeScheduleChanges } from '../fakes/fake-schedule-changes.ts';
import { startLocalTables } from './local-tables.ts';

const tables = await startLocalTables();
afterAll(() => tables.close());

/** A caller that no other test has. */
const caller = (name: string): string => `${name}-${crypto.randomUUID()}`;

describe.each<[string, () => ScheduleChanges]>([
  ['the fake', () => fakeScheduleChanges(new Map())],
  ['DynamoDB', () => scheduleChangesInDynamoDb(tables.client, tables.members)],
])('changes of schedules in a day: %s', (_name, subject) => {
  it('are as many for each caller as it may make', async () => {
    const changes = subject();
    const [shop, bank] = [caller('shop'), caller('bank')];
    const at = '2026-11-26T23:59:59.999Z';
    const taken: boolean[] = [];
    for (let time = 0; time < 4; time += 1) taken.push(await changes.take(shop, 3, at));
    expect(taken).toEqual([true, true, true, false]);
    expect(await changes.take(bank, 1, at)).toBe(true);
    expect(await changes.take(bank, 1, at)).toBe(false);
    expect(await changes.take(shop, 3, '2026-11-27T00:00:00.000Z')).toBe(true);
    // A machine whose clock is behind.
    expect(await changes.take(shop, 3, at)).toBe(false);
  });

  it('keep to that when they come at once', async () => {
    const changes = subject();
    const many = caller('many');
    const all = Array.from({ length: 20 }, () => changes.take(many, 7, '2026-11-26T12:00:00.000Z'));
    expect((await Promise.all(all)).filter((is) => is)).toHaveLength(7);
  });
});

// As long as it is stored under another name, a caller could begin the day anew.
it('are counted under a name that does not change', async () => {
  const own = await startLocalTables();
  await scheduleChangesInDynamoDb(own.client, own.members).take('shop', 3, '2026-11-26T12:00:00.000Z');
  const Key = { user_guid: { S: 'CALLER#8d9001d32c6a703d95921a77115050f3' }, item_key: { S: 'SCHEDULE_CHANGES' } };
  const { Item } = await own.client.send(new GetItemCommand({ TableName: own.members, Key }));
  expect(Item).toEqual({ ...Key, changed_on: { S: '2026-11-26' }, changes: { N: '1' } });
  await own.close();
});

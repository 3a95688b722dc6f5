import { afterAll, describe, expect, it } from 'vitest';
import { scheduleChangesInDynamoDb } from '../../shared/clients/schedule-changes.ts';
import type { ScheduleChanges } from '../../shared/domain/ports.ts';
import { fakeScheduleChanges } from '../fakes/fake-schedule-changes.ts';
import { startLocalTables } from './local-tables.ts';

const tables = await startLocalTables();
afterAll(() => tables.close());

describe.each<[string, () => ScheduleChanges]>([
  ['the fake', () => fakeScheduleChanges(new Map())],
  ['DynamoDB', () => scheduleChangesInDynamoDb(tables.client, tables.members)],
])('changes of schedules in a day: %s', (_name, subject) => {
  it('are as many for each caller as it may make', async () => {
    const changes = subject();
    const at = '2026-11-26T23:59:59.999Z';
    const taken: boolean[] = [];
    for (let time = 0; time < 4; time += 1) taken.push(await changes.take('shop', 3, at));
    expect(taken).toEqual([true, true, true, false]);
    expect(await changes.take('bank', 1, at)).toBe(true);
    expect(await changes.take('bank', 1, at)).toBe(false);
    expect(await changes.take('shop', 3, '2026-11-27T00:00:00.000Z')).toBe(true);
    // A machine whose clock is behind.
    expect(await changes.take('shop', 3, at)).toBe(false);
  });

  it('keep to that when they come at once', async () => {
    const changes = subject();
    const all = Array.from({ length: 20 }, () => changes.take('many', 7, '2026-11-26T12:00:00.000Z'));
    expect((await Promise.all(all)).filter((is) => is)).toHaveLength(7);
  });
});

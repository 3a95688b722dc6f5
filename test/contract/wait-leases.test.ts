import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { limitedCalls } from '../../shared/clients/aws-limits.ts';
import { waitLeasesInDynamoDb } from '../../shared/clients/wait-leases.ts';
import type { WaitLeases } from '../../shared/domain/ports.ts';
import { fakeWaitLeases } from '../fakes/fake-wait-leases.ts';
import { at } from '../samples.ts';
import { type LocalTables, startLocalTables } from './local-tables.ts';

let tables: LocalTables;
const clock = { now: at(0) };
beforeEach(async () => {
  tables = await startLocalTables();
  clock.now = at(0);
});
afterEach(() => tables.close());

const now = () => clock.now;

describe.each<[string, () => WaitLeases]>([
  ['the fake', () => fakeWaitLeases(new Map(), now)],
  ['DynamoDB', () => waitLeasesInDynamoDb(tables.client, tables.refreshes, now, () => crypto.randomUUID())],
])('places for waiting: %s', (_name, subject) => {
  it('has one holder each, until its time is over', async () => {
    const leases = subject();
    const answers = await Promise.all(Array.from({ length: 8 }, () => leases.take(3, at(26))));
    expect(answers.filter((answer) => answer)).toHaveLength(1);
    expect(await leases.take(4, at(26))).toBe(true);
    clock.now = at(25.999);
    expect(await leases.take(3, at(50))).toBe(false);
    clock.now = at(26);
    expect(await leases.take(3, at(50))).toBe(true);
    expect(await leases.take(3, at(52))).toBe(false);
  });
});

it('a lost answer: the place is taken', async () => {
  const client = tables.newClient(limitedCalls());
  let isLost = false;
  client.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args);
      if (isLost) return answer;
      isLost = true;
      throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });
    },
    { step: 'deserialize' },
  );
  const leases = waitLeasesInDynamoDb(client, tables.refreshes, now, () => crypto.randomUUID());
  expect(await leases.take(9, at(90))).toBe(true);
  expect(await leases.take(9, at(90))).toBe(false);
});

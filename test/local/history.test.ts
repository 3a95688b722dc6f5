/** The history of an account on the running local stack: by the API, by the typed client, straight from the tables. */
import { DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AccountAmounts, createBalancesClient } from '../../shared/public/balances-client.ts';
import { readHistory } from '../../shared/public/read-balances.ts';
import { type Running, startRunning } from './running.ts';

let running: Running;
let db: DynamoDBClient;
beforeAll(async () => {
  running = await startRunning({ historyDays: 90, deadlineSeconds: 120 });
  const { awsEndpointUrl: endpoint, awsCredentials: credentials, region } = running.project.stack;
  db = new DynamoDBClient({ endpoint, credentials, region });
});
afterAll(async () => {
  db?.destroy();
  await running?.close();
});

/** A member that was refreshed, and then with each of these balances of its first account. */
async function moved(balances: readonly string[]) {
  const member = running.addMember();
  const [account] = running.mx.member({ member: member.id }).accounts;
  if (account === undefined) throw new Error('there are accounts');
  await running.refresh(member.path);
  for (const balance of balances) {
    running.mx.setBalances({ member: member.id, account: account.guid, values: { balance }, when: 'now' });
    await running.refresh(member.path);
  }
  return { ...member, account };
}

async function all(amounts: AsyncGenerator<AccountAmounts>): Promise<readonly AccountAmounts[]> {
  const found: AccountAmounts[] = [];
  for await (const each of amounts) found.push(each);
  return found;
}

it('has each of three changes, for everyone who asks', async () => {
  const { path, user, id, account } = await moved(['1500.25', '12345678901234567.89', '0.00']);
  const shown = await running.call('GET', `${path}/accounts/${account.guid}/history`);
  expect(shown.status).toBe(200);
  expect(shown.text).toContain('"balance":12345678901234567.89');
  expect(shown.headers.get('balances-freshness')).toBe('fresh');

  const { stack, caller } = running.project;
  const client = createBalancesClient({ baseUrl: stack.apiUrl, credentials: caller });
  const found = await all(client.history(user, id, account.guid));
  expect(found.map(({ balance }) => balance)).toEqual(['0', '12345678901234567.89', '1500.25', expect.any(String)]);
  expect(found.map(({ isCurrent }) => isCurrent)).toEqual([true, false, false, false]);
  // Nothing is missing in between, and each was replaced after it was last seen.
  for (const [index, amounts] of found.entries()) {
    const before = found[index + 1];
    expect(amounts.previousSince).toBe(before?.amountsSince ?? null);
    if (before) expect(before.observedAt < amounts.amountsSince).toBe(true);
  }
  expect((await client.account(user, id, account.guid)).account.balance).toBe(found[0]?.balance);

  const tables = {
    balances: stack.outputs['BalancesTable'] ?? '',
    members: stack.outputs['MembersTable'] ?? '',
    history: stack.outputs['HistoryTable'] ?? '',
  };
  expect(await all(readHistory(db, tables, { user, member: id, account: account.guid }))).toEqual(found);

  const [, second, third] = found;
  const from = new Date(second?.amountsSince ?? '');
  expect(await all(client.history(user, id, account.guid, { from }))).toEqual(found.slice(0, 2));
  const to = new Date(third?.amountsSince ?? '');
  expect(await all(client.history(user, id, account.guid, { to }))).toEqual(found.slice(2));
});

it('without its table: balances are stored all the same', async () => {
  const { path, guid, user, id, account } = await moved([]);
  const told: string[] = [];
  running.project.stack.on('log', ({ line }) => {
    if (line.includes('history.not_kept')) told.push(line);
  });
  await db.send(new DeleteTableCommand({ TableName: running.project.stack.outputs['HistoryTable'] }));
  running.mx.setBalances({ member: id, account: account.guid, values: { balance: '77' }, when: 'now' });
  const { event } = await running.refresh(path);
  expect(event['data']).toMatchObject({ outcome: 'succeeded' });
  const { stack, caller } = running.project;
  const client = createBalancesClient({ baseUrl: stack.apiUrl, credentials: caller });
  expect((await client.account(user, id, account.guid)).account.balance).toBe('77');
  const [first = ''] = told;
  expect(JSON.parse(first)).toMatchObject({
    member_guid: guid,
    counts: { waiting: 1, lost: 0 },
    HistoryNotKept: 1,
    cause: { name: 'ResourceNotFoundException' },
  });
});

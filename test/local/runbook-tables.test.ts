/** Headings of docs/runbook.md about tables, played as far as this machine goes. */
import {
  type AttributeValue,
  CreateTableCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  PutItemCommand,
  ScanCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { awsFaults, nextLine } from './aws-faults.ts';
import { type Played, playedRunbook } from './played-runbook.ts';
import { type Running, startRunning } from './running.ts';

const faults = awsFaults();
let running: Running;
let played: Played;
let db: DynamoDBClient;

beforeAll(async () => {
  running = await startRunning({ historyDays: 90, deadlineSeconds: 600 }, { aroundEngines: faults.aroundEngines });
  played = playedRunbook(running, 'local/runbook-tables.test.ts');
  const { awsEndpointUrl: endpoint, awsCredentials: credentials, region } = running.project.stack;
  db = new DynamoDBClient({ endpoint, credentials, region });
});
afterAll(async () => {
  db?.destroy();
  await running?.close();
});

const itemsOf = async (output: string) =>
  (await db.send(new ScanCommand({ TableName: running.project.stack.outputs[output] }))).Items ?? [];

/** A table with the keys of one of the stack's, and with all of its items: what a restore gives. */
async function restored(output: string): Promise<string> {
  const TableName = `${running.project.stack.outputs[output]}-restored`;
  const { Table } = await db.send(new DescribeTableCommand({ TableName: running.project.stack.outputs[output] }));
  const keys = Table?.KeySchema ?? [];
  const names = new Set(keys.map(({ AttributeName }) => AttributeName));
  const AttributeDefinitions = (Table?.AttributeDefinitions ?? []).filter((one) => names.has(one.AttributeName));
  await db.send(
    new CreateTableCommand({ TableName, KeySchema: keys, AttributeDefinitions, BillingMode: 'PAY_PER_REQUEST' }),
  );
  await waitUntilTableExists({ client: db, minDelay: 1, maxWaitTime: 20 }, { TableName });
  for (const Item of await itemsOf(output)) await db.send(new PutItemCommand({ TableName, Item }));
  return TableName;
}

it('lost items come back from a copy, not erased ones', async () => {
  const [lost, erased, kept] = [running.addMember(), running.addMember(), running.addMember()];
  await Promise.all([lost, erased, kept].map(({ path }) => running.refresh(path)));
  const table = await restored('MembersTable');
  const before = await itemsOf('MembersTable');
  const ofLost = before.filter((item) => JSON.stringify(item).includes(lost.guid));
  expect(ofLost.length).toBeGreaterThan(2);
  for (const { user_guid, item_key } of ofLost) {
    const Key = { user_guid, item_key } as Record<string, AttributeValue>;
    await db.send(new DeleteItemCommand({ TableName: running.project.stack.outputs['MembersTable'], Key }));
  }
  const gone = nextLine(running, '"data.erased"');
  expect((await running.call('DELETE', `${erased.path}/data`)).status).toBe(202);
  await gone;
  const now = await itemsOf('MembersTable');

  const filled = { '$TABLE-restored': table };
  const dry = await played.ops(
    'restoring-a-table',
    'tables copy-back members --from "$TABLE-restored" --dry-run',
    filled,
  );
  expect(dry.out).toMatch(new RegExp(`^dry run, nothing was changed +items\\ncopied +${ofLost.length}\\n`));
  expect(await itemsOf('MembersTable')).toHaveLength(now.length);
  const copied = await played.ops('restoring-a-table', 'tables copy-back members --from "$TABLE-restored"', filled);
  expect(copied.exitCode).toBe(0);
  expect(copied.out).toMatch(
    new RegExp(`^what became of them +items\\ncopied +${ofLost.length}\\nthere already +\\d+\\n`),
  );
  expect(copied.out).toMatch(/^left out: of a deleted member or user +[1-9]/m);
  const afterwards = await itemsOf('MembersTable');
  expect(afterwards).toHaveLength(now.length + ofLost.length);
  for (const item of ofLost) expect(afterwards).toContainEqual(item);
  expect((await running.refresh(lost.path)).trigger.status).toBe(202);
  const again = await played.ops('restoring-a-table', 'tables copy-back members --from "$TABLE-restored"', filled);
  expect(again.out).toMatch(/^copied +0$/m);
});

it('what a restore has brought back is erased again', async () => {
  const { path, guid } = running.addMember();
  await running.refresh(path);
  const own = async () => (await itemsOf('BalancesTable')).filter((item) => JSON.stringify(item).includes(guid));
  const [balance] = await own();
  const { body } = await running.call('DELETE', `${path}/data`);
  const { id } = body['erasure'] as { id: string };
  await nextLine(running, '"data.erased"', id);
  expect(await own()).toEqual([]);
  await db.send(new PutItemCommand({ TableName: running.project.stack.outputs['BalancesTable'], Item: balance }));

  const again = nextLine(running, '"data.erased"', id);
  const { exitCode, out } = await played.ops('restoring-a-table', 'erasures repeat');
  expect([exitCode, out]).toEqual([0, 'receipts  sent\n2         2\n']);
  await again;
  expect(await own()).toEqual([]);
});

it('former amounts that could not be kept come later', async () => {
  const { path, guid } = running.addMember();
  await running.refresh(path);
  const [account = ''] = running.mx.member({ member: guid }).accounts.map((one) => one.guid);
  const move = (balance: string) => {
    running.mx.setBalances({ member: guid, account, values: { balance }, when: 'now' });
    return running.refresh(path);
  };
  faults.refuse('FollowUp', 'dynamodb', running.project.stack.outputs['HistoryTable']);
  const failed = nextLine(running, '"history.not_kept"');
  await move('1.50');
  await failed;
  const { out } = await played.ops('history-not-kept', 'logs --function follow-up --errors --since 1h');
  expect(out).toMatch(
    / ERROR follow-up history\.not_kept .* counts=\{"waiting":1,"lost":0\} .*"the role has lost a policy"/,
  );
  expect(await itemsOf('HistoryTable')).toEqual([]);
  faults.mend();
  await move('2.50');
  expect(await itemsOf('HistoryTable')).toHaveLength(2);
});

it('leaves no line of its headings out', () => {
  expect(played.notRun()).toEqual([]);
});

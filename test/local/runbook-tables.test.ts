/** Headings of docs/runbook.md about tables, played as far as this machine goes. */
import { DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { awsFaults, nextLine } from './aws-faults.ts';
import { type Played, playedRunbook } from './played-runbook.ts';
import { type Running, startRunning } from './running.ts';

const faults = awsFaults();
let running: Running;
let played: Played;
let db: DynamoDBClient;

beforeAll(async () => {
  running = await startRunning({ historyDays: 90 }, { aroundEngines: faults.aroundEngines });
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

it('what a restore has brought back is erased again', async () => {
  const { path } = running.addMember();
  await running.refresh(path);
  const [balance] = await itemsOf('BalancesTable');
  const erased = nextLine(running, '"data.erased"');
  expect((await running.call('DELETE', `${path}/data`)).status).toBe(202);
  await erased;
  expect(await itemsOf('BalancesTable')).toEqual([]);
  await db.send(new PutItemCommand({ TableName: running.project.stack.outputs['BalancesTable'], Item: balance }));

  const again = nextLine(running, '"data.erased"');
  const { exitCode, out } = await played.ops('restoring-a-table', 'erasures repeat');
  expect([exitCode, out]).toEqual([0, 'receipts  sent\n1         1\n']);
  await again;
  expect(await itemsOf('BalancesTable')).toEqual([]);
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

/** Erasing on request, over HTTP and by the operator’s command, on the running local stack. */
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { localEnvironment, ops } from './operators-command.ts';
import { type Running, startRunning } from './running.ts';

let running: Running;
let db: DynamoDBClient;
beforeAll(async () => {
  running = await startRunning({ historyDays: 90 });
  const { awsEndpointUrl: endpoint, awsCredentials: credentials, region } = running.project.stack;
  db = new DynamoDBClient({ endpoint, credentials, region });
});
afterAll(async () => {
  db?.destroy();
  await running?.close();
});

/** Everything that any table of the stack has, as text. */
async function stored(): Promise<string> {
  const { outputs } = running.project.stack;
  const names = ['BalancesTable', 'MembersTable', 'RefreshesTable', 'HistoryTable'].map((name) => outputs[name]);
  const scans = names.map((TableName) => db.send(new ScanCommand({ TableName })));
  return JSON.stringify((await Promise.all(scans)).map(({ Items }) => Items));
}

const erasureIn = (answer: { body: unknown }) => (answer.body as { erasure: Record<string, unknown> }).erasure;

it('a user is erased here and at MX', async () => {
  const { path, guid, id, user } = running.addMember();
  await running.refresh(path);
  const [account] = running.mx.member({ member: id }).accounts;
  running.mx.setBalances({ member: id, account: account?.guid ?? '', values: { balance: '1234.56' }, when: 'now' });
  await running.refresh(path);
  const before = await stored();
  for (const name of [guid, id, `"amounts_key":{"S":"${guid}#${account?.guid}#`]) expect(before).toContain(name);
  const asked = await running.call('DELETE', `/users/${user}/data?at_mx=user`);
  expect(asked.status).toBe(202);
  const { id: erasureId } = erasureIn(asked);
  await expect
    .poll(async () => (await running.call('GET', `/erasures/${erasureId}`)).text, { timeout: 20_000 })
    .toContain(
      '"erased":{"members":1,"accounts":6,"former_amounts":1,"refreshes":2,"members_at_mx":1,"users_at_mx":1}',
    );
  const after = await stored();
  expect(after).not.toContain('amounts_key');
  expect(after).not.toContain(id);
  expect(after).not.toContain(user);
  expect((await running.call('GET', `${path}/accounts`)).body).toMatchObject({ code: 'member_not_found' });
  const env = localEnvironment(running.project);
  const listed = await ops(['erasures', 'list', '--local'], env);
  expect([listed.exitCode, listed.out]).toEqual([0, expect.stringContaining(`${erasureId} `)]);
  // The next round comes in 90 s. A receipt that is not done may have lost its message: it is sent too.
  const repeated = await ops(['erasures', 'repeat', '--local', '--yes', '--json'], env);
  expect(repeated).toMatchObject({ exitCode: 0, out: '{"receipts":1,"sent":1}\n' });
  const again = await running.call('DELETE', `/users/${user}/data?at_mx=user`);
  expect(erasureIn(again)['id']).toBe(erasureId);
});

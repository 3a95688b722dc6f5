/** Headings of docs/runbook.md about keys, played: changed, leaked, wrong, missing; seen and repaired by the heading’s lines. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { callersSecret, callerWith, type DevelopmentCaller } from '../../infra/local/development-keys.ts';
import { movableClock } from '../../infra/local/movable-clock.ts';
import { awsLine } from '../aws-line.ts';
import { type Played, playedRunbook } from './played-runbook.ts';
import { type Running, startRunning } from './running.ts';

const clock = movableClock();
let running: Running;
let played: Played;
let folder: string;
/** What stands in the files that lines of the AWS CLI name. */
const files: Record<string, string> = {};

beforeAll(async () => {
  running = await startRunning({ webhooks: 'known', callbackLoopback: true, deadlineSeconds: 600 }, { clock });
  folder = mkdtempSync(join(tmpdir(), 'runbook-keys-'));
  played = playedRunbook(running, 'local/runbook-keys.test.ts', clock.now);
});
afterAll(async () => {
  await running?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the heading’s line that begins so, in a shell. */
const shell = (anchor: string, begins: string) =>
  execFileSync('sh', ['-c', played.line(anchor, begins)], { cwd: folder });

/** Runs the heading’s line of the AWS CLI that begins so. */
async function aws(anchor: string, begins: string): Promise<void> {
  const { stack } = running.project;
  const { service, action, input, written, file } = awsLine(played.line(anchor, begins), stack.outputs, files);
  const answer = await fetch(stack.awsEndpointUrl, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `${service}.${action}`,
      authorization: `AWS4-HMAC-SHA256 Credential=${stack.awsCredentials.accessKeyId}/20261127/us-east-1/${service}/aws4_request`,
    },
    // The CLI makes a token for each call that takes one.
    body: JSON.stringify({ ...input, ClientRequestToken: randomBytes(16).toString('hex') }),
  });
  const answered: Record<string, unknown> = JSON.parse(await answer.text());
  expect(answer.status, JSON.stringify(answered)).toBe(200);
  if (file !== null) files[file] = String(written === null ? JSON.stringify(answered) : answered[written]);
}

/** What functions have read of keys is too old then. */
const readAnew = (): void => clock.moveTo(clock.now() + 300_000);
const readAccounts = async (authorization: string, path: string): Promise<number> =>
  (await running.call('GET', `${path}/accounts`, { headers: { authorization } })).status;
const callersOf = (...callers: readonly DevelopmentCaller[]): string =>
  JSON.stringify({
    clients: callers.flatMap((caller) => JSON.parse(callersSecret(caller, ['read', 'trigger'])).clients),
  });
const mxKey = (key: string): string => JSON.stringify({ client_id: 'local-client-id', api_key: key });
const PUT = 'aws secretsmanager put-secret-value --secret-id "$(output ApiCallersSecretArn)"';
const PUT_MX = 'aws secretsmanager put-secret-value --secret-id "$(output MxSecretArn)"';

it('a new deployment gets its keys', async () => {
  const { path } = running.addMember();
  files['mx.json'] = '{}';
  await aws('after-the-first-deployment', PUT_MX);
  const { exitCode, out } = await played.ops('after-the-first-deployment', 'doctor');
  expect(exitCode).toBe(6);
  expect(out).toMatch(
    /^FAILURE +mx +the secret with MX’s credentials is empty\n +→ Put them into arn:aws:secretsmanager:/m,
  );
  expect((await running.call('POST', `${path}/check_balance`)).body).toMatchObject({ code: 'mx_credentials_missing' });

  shell('after-the-first-deployment', 'umask 077; printf');
  expect(statSync(join(folder, 'mx.json')).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(join(folder, 'mx.json'), 'utf8'))).toEqual({ client_id: '…', api_key: '…' });
  files['mx.json'] = mxKey('local-api-key');
  await aws('after-the-first-deployment', PUT_MX);
  shell('after-the-first-deployment', 'rm mx.json');
  expect(readdirSync(folder)).toEqual([]);
  const outputs = await played.ops('after-the-first-deployment', 'deployment');
  expect(outputs.out).toMatch(/^MxSecretArn +arn:aws:secretsmanager:/m);

  const shop = callerWith('shop', 'shop-key');
  expect(await readAccounts(shop.authorization, path)).toBe(401);
  files['callers.json'] = callersOf(shop, running.project.caller);
  await aws('after-the-first-deployment', PUT);
  readAnew();
  expect((await running.refresh(path)).trigger.status).toBe(202);
  expect(await readAccounts(shop.authorization, path)).toBe(200);
});

it('MX’s key that was refused or changed is replaced', async () => {
  const { path, user, id } = running.addMember();
  running.mx.setSettings({ apiKey: 'second-key' });
  expect((await running.call('POST', `${path}/check_balance`)).body).toMatchObject({ code: 'mx_credentials_rejected' });
  const rejected = await played.ops('mx-credentials-rejected', 'doctor');
  expect(rejected.exitCode).toBe(6);
  expect(rejected.out).toMatch(
    /^FAILURE +mx +MX answered 401 .*\n +→ Put the right ones into arn:aws:secretsmanager:/m,
  );
  // The local stack has no alarms; what has caused them stands in the same answer.
  expect((await played.ops('users-are-hurt', 'doctor')).out).toMatch(/^– +alarms +the local stack has no alarms/m);
  const lines = await played.ops('mx-credentials-rejected', 'logs --errors --since 1h');
  expect(lines.out).toMatch(/ check-balance mx\.failed .* code=mx_credentials_rejected /);

  await played.ops('changing-a-key', "pause --for 30m --why 'MX gets a new key'");
  files['mx.json'] = mxKey('second-key');
  await aws('changing-a-key', PUT_MX);
  expect((await played.ops('changing-a-key', 'doctor')).out).toMatch(
    /^warning +mx +was not asked: calls to MX are paused$/m,
  );
  await played.ops('changing-a-key', 'resume');
  clock.moveTo(clock.now() + 31_000);
  expect((await played.ops('changing-a-key', 'doctor')).out).toMatch(
    /^ok +mx +MX accepts the credentials and the address$/m,
  );
  const refreshed = await played.ops('mx-credentials-rejected', 'refresh user-1 member-1 --wait', {
    'user-1': user,
    'member-1': id,
  });
  expect(refreshed).toMatchObject({ exitCode: 0, out: expect.stringMatching(/: succeeded \(stored\)\./) });
});

it('a caller’s key is changed, and a leaked one ends', async () => {
  const { path } = running.addMember();
  await running.refresh(path);
  const [old, young] = [callerWith('shop', 'old-key'), callerWith('shop', 'young-key')];
  const statuses = async () => [
    await readAccounts(old.authorization, path),
    await readAccounts(young.authorization, path),
  ];
  files['callers.json'] = callersOf(old, running.project.caller);
  await aws('changing-a-key', PUT);
  readAnew();
  expect(await statuses()).toEqual([200, 401]);

  shell('changing-a-key', 'umask 077');
  await aws('changing-a-key', 'aws secretsmanager get-secret-value');
  const taken = JSON.parse(files['callers.json'] ?? '');
  taken.clients[0].key_sha256.push(...JSON.parse(callersOf(young)).clients[0].key_sha256);
  files['callers.json'] = JSON.stringify(taken);
  await aws('changing-a-key', PUT);
  readAnew();
  expect(await statuses()).toEqual([200, 200]);
  taken.clients[0].key_sha256.shift();
  files['callers.json'] = JSON.stringify(taken);
  await aws('changing-a-key', PUT);
  writeFileSync(join(folder, 'callers.json'), '');
  shell('changing-a-key', 'rm callers.json');
  readAnew();
  expect(await statuses()).toEqual([401, 200]);

  const used = await played.ops('a-key-has-leaked', 'logs --caller shop --since 7d');
  expect(used.out.match(/ read-balances request\.answered .* caller=shop .* status=200 /g)?.length).toBeGreaterThan(3);
  const wrong = await played.ops('wrong-keys', 'logs --errors --since 1h');
  expect(wrong.out).toMatch(/ WARN {2}read-balances request\.failed .* status=401 code=unauthorized /);
});

it('a wrong key of MX’s webhooks is refused and said', async () => {
  const url = `${running.project.stack.apiUrl}/webhooks/mx`;
  const headers = { authorization: callerWith('mx', 'stranger').authorization, 'content-type': 'application/json' };
  expect((await fetch(url, { method: 'POST', headers, body: '{}' })).status).toBe(401);
  const { out } = await played.ops('wrong-keys', 'logs --errors --since 1h');
  expect(out).toMatch(/ WARN {2}mx-webhook request\.failed .* status=401 code=unauthorized /);
  const known = { ...headers, authorization: running.project.webhookSender.authorization };
  expect((await fetch(url, { method: 'POST', headers: known, body: '{}' })).status).toBe(204);
});

it('leaves no line of its headings out', () => {
  expect(played.notRun()).toEqual([]);
});

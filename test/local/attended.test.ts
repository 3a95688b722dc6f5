/** A user answers MX's questions through the running stack. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { curlLines, curlRequest } from '../curl-request.ts';
import { objectIn } from '../openapi/contract.ts';
import { type Answer, dataOf, type Running, refreshIdOf, startRunning } from './running.ts';

let running: Running;
/** Everything that functions wrote. */
const logged: string[] = [];

beforeAll(async () => {
  running = await startRunning();
  running.project.stack.on('log', (entry) => void logged.push(JSON.stringify(entry)));
});

afterAll(async () => {
  await running?.close();
});

const json = { 'content-type': 'application/json' };

const callsOf = (memberGuid: string, route: string): number =>
  running.mx.calls().filter((call) => call.memberGuid === memberGuid && call.route === route).length;

/** Asks until MX's question is there, and is another than `known`. */
const question = (path: string, known: string | null = null): Promise<string> =>
  vi.waitUntil(
    async () => {
      const { body } = await running.call('GET', `${path}/challenges`);
      const [first] = (body['challenges'] ?? []) as { guid: string }[];
      return first !== undefined && first.guid !== known && first.guid;
    },
    { timeout: 25_000, interval: 200 },
  );

const answer = (path: string, guid: string, value: string): Promise<Answer> =>
  running.call('PUT', `${path}/resume`, {
    headers: json,
    body: JSON.stringify({ member: { challenges: [{ guid, value }] } }),
  });

it('the lines of docs/calling.md do an attended refresh', async () => {
  const document = readFileSync(join(import.meta.dirname, '../../docs/calling.md'), 'utf8');
  const [, rest = ''] = document.split('## With the user present');
  const [section = ''] = rest.split('\n## ');
  const lines = curlLines(section);
  expect(lines).toHaveLength(4);
  const { stack, caller } = running.project;
  const replaced: Record<string, string> = {
    $API: stack.apiUrl,
    $CALLER: `${caller.clientId}:${caller.key}`,
  };
  for (const line of lines) {
    if (line.includes('/challenges')) replaced['$CHALLENGE'] = await question('/users/user-1/members/member-mfa');
    const { url, ...request } = curlRequest(line, replaced);
    const response = await fetch(url, request);
    const { refresh } = objectIn(await response.json());
    expect(response.status, line).toBeLessThan(300);
    const refreshId = String(objectIn(refresh)['refresh_id']);
    if (line.includes('check_balance')) replaced['$REFRESH'] = refreshId;
    if (line.includes('/resume')) {
      expect(refresh).toMatchObject({ refresh_id: replaced['$REFRESH'], joined: true, user_present: true });
      await running.ended(refreshId);
      await stack.idle();
    }
    if (line.includes('/refreshes/')) expect(refresh).toMatchObject({ outcome: 'succeeded', user_present: true });
  }
});

describe('without a refresh', () => {
  it('answers begin one that follows the job, through two questions', async () => {
    const { path, guid } = running.addMember({ scenario: 'challenged' });
    const { event } = await running.refresh(path);
    expect(dataOf(event)).toMatchObject({ outcome: 'action_required', action: 'answer_mfa' });
    const first = await question(path);
    const begun = await answer(path, first, 'challenge');
    expect([begun.status, begun.body['refresh']]).toMatchObject([202, { joined: false, status: 'running' }]);
    const second = await question(path, first);
    const joined = await answer(path, second, 'correct');
    expect([joined.status, joined.body['refresh']]).toMatchObject([
      202,
      { joined: true, refresh_id: refreshIdOf(begun) },
    ]);
    expect(dataOf(await running.ended(refreshIdOf(begun)))).toMatchObject({ outcome: 'succeeded' });
    expect([callsOf(guid, 'check-balance'), callsOf(guid, 'resume')]).toEqual([1, 2]);
    // Doubled, and late.
    const again = await answer(path, second, 'correct');
    expect([again.status, again.body['code']]).toEqual([405, 'mx_not_challenged']);
    expect(again.headers.get('allow')).toBe('PUT');
  });

  it.each([
    ['challenged-image', { image_data: expect.stringMatching(/^data:image/) }],
    ['challenged-image-options', { image_options: [{ data_uri: expect.stringMatching(/^data:image/) }, {}, {}] }],
  ])('the question shows its images: %s', async (scenario, shown) => {
    const { path } = running.addMember({ scenario });
    await running.refresh(path);
    await question(path);
    expect((await running.call('GET', `${path}/challenges`)).body['challenges']).toMatchObject([shown]);
  });

  it('a wrong answer asks the user again', async () => {
    const { path } = running.addMember({ scenario: 'challenged' });
    await running.refresh(path);
    const begun = await answer(path, await question(path), 'wrong');
    expect(dataOf(await running.ended(refreshIdOf(begun)))).toMatchObject({ outcome: 'action_required' });
  });
});

describe('an answer', () => {
  it('that MX may have taken is sent once', async () => {
    const { path, guid } = running.addMember({ scenario: 'challenged' });
    await running.refresh(path);
    const asked = await question(path);
    running.mx.addFault({ how: { kind: 'status', status: 502 }, member: guid, times: 5 });
    const unknown = await answer(path, asked, 'correct');
    running.mx.clearFaults();
    expect([unknown.status, unknown.body['code']]).toEqual([504, 'answers_unknown']);
    expect(unknown.headers.get('retry-after')).toBeNull();
    expect(callsOf(guid, 'resume')).toBe(1);
  });

  it('is in no log, table, event or answer', async () => {
    const secret = 'open-sesame-4711';
    const { path } = running.addMember({ scenario: 'challenged' });
    await running.refresh(path);
    const asked = await question(path);
    const answers = [
      await answer(path, 'CRD-none', secret),
      await running.call('PUT', `${path}/resume`, { headers: json, body: `{"member":{"${secret}":1}}` }),
      await running.call('PUT', `${path}/resume`, { headers: json, body: `{"${secret}` }),
      await answer(path, asked, secret),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 202]);
    const event = await running.ended(refreshIdOf(answers[3] ?? expect.fail('no answer')));
    await running.project.stack.idle();
    expect(JSON.stringify([event, answers.map(({ text }) => text)])).not.toContain(secret);
    expect(logged.length).toBeGreaterThan(10);
    expect(logged.join('\n')).not.toContain(secret);
    const { awsEndpointUrl: endpoint, awsCredentials: credentials, region } = running.project.stack;
    const db = new DynamoDBClient({ endpoint, credentials, region });
    for (const table of ['StorageMembers', 'StorageRefreshes', 'StorageBalances']) {
      const { Items = [] } = await db.send(new ScanCommand({ TableName: running.project.stack.physicalId(table) }));
      expect(Items.length, table).toBeGreaterThan(0);
      expect(JSON.stringify(Items), table).not.toContain(secret);
    }
    db.destroy();
  });
});

/** The operator’s commands about log lines, as processes, against the running local stack. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { membersReader } from '../../shared/clients/members-reader.ts';
import { encodeStartBatch } from '../../shared/clients/messages.ts';
import { instantOf } from '../../shared/domain/instant.ts';
import { noWishes } from '../../shared/domain/schedule.ts';
import { beginOps, localEnvironment, ops } from './operators-command.ts';
import { type Running, refreshIdOf, startRunning } from './running.ts';

let running: Running;
let env: Record<string, string>;
let member: ReturnType<Running['addMember']>;
let refresh: { readonly id: string; readonly member: string };

beforeAll(async () => {
  running = await startRunning();
  env = localEnvironment(running.project);
  member = running.addMember({ jobSeconds: 3 });
  const answer = await running.call('POST', `${member.path}/check_balance`, {
    headers: { 'x-correlation-id': 'order-4711' },
  });
  const id = refreshIdOf(answer);
  await running.ended(id);
  await running.project.stack.idle();
  refresh = { id, member: member.guid };
});
afterAll(() => running?.close());

const logs = (...args: string[]) => ops(['logs', ...args, '--local'], env);
const events = (out: string): string[] =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).event ?? '');

describe('logs', () => {
  it('of a refresh tell its life, with correlation id', async () => {
    const { exitCode, out, said } = await logs(refresh.id);
    expect(exitCode).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^\S+Z INFO {2}check-balance request\.answered .*order-4711/);
    expect(lines.at(-1)).toMatch(/^\S+Z INFO {2}follow-up follow_up\.done .*outcome=stored/);
    expect(lines.filter((line) => !line.includes(refresh.id))).toEqual([]);
    expect(said).toMatch(/^\d+ lines from \S+Z to now; the newest seconds may come late\.\n$/);
  });

  it('of member, own ids and correlation id are the same', async () => {
    const byRefresh = events((await logs(refresh.id, '--json')).out);
    // On a busy machine the first look may be the last one.
    expect(byRefresh.length).toBeGreaterThan(1);
    for (const args of [[refresh.member], [member.user, member.id], ['order-4711']]) {
      const { exitCode, out } = await logs(...args, '--json');
      expect([exitCode, events(out)], args.join(' ')).toEqual([0, byRefresh]);
    }
  });

  it('of a scheduled refresh begin with its start', async () => {
    const { stack } = running.project;
    const { awsEndpointUrl: endpoint, region, awsCredentials: credentials, outputs } = stack;
    const json = { headers: { 'content-type': 'application/json' } };
    expect((await running.call('PUT', `${member.path}/schedule`, { ...json, body: '{"every":24}' })).status).toBe(200);
    const tables = new DynamoDBClient({ endpoint, region, credentials });
    const members = membersReader(tables, outputs['MembersTable'] ?? '');
    const key = await members.resolve({ userIdentifier: member.user, memberIdentifier: member.id });
    const { slot = '' } = (key && (await members.read(key))?.enrolment) ?? {};
    tables.destroy();
    if (key === null) throw new Error('the member is known');
    const enrolled = { member: key, everyHours: 24 as const, slot, ...noWishes };
    const batch = encodeStartBatch({ dueAt: instantOf(Date.now()), startAt: null, members: [enrolled] });
    const client = new SQSClient({ endpoint, region, credentials });
    await client.send(new SendMessageCommand({ QueueUrl: outputs['StartQueueUrl'], MessageBody: batch }));
    client.destroy();
    await stack.idle();
    const { body } = await running.call('GET', `${member.path}/refreshes`);
    const [newest] = body['refreshes'] as unknown as { readonly refresh_id: string; readonly trigger: string }[];
    expect(newest?.trigger).toBe('schedule');
    const { out } = await logs(newest?.refresh_id ?? '', '--json');
    expect(events(out)[0]).toBe('start.accepted');
    expect(events(out).at(-1)).toBe('follow_up.done');
  });

  it('of a message say why it failed', async () => {
    const { stack } = running.project;
    const { awsEndpointUrl: endpoint, region, awsCredentials: credentials, outputs } = stack;
    const client = new SQSClient({ endpoint, region, credentials });
    const dead = new Promise<string>((resolve) => stack.on('dead-letter', ({ messageId }) => resolve(messageId)));
    const QueueUrl = outputs['FollowUpQueueUrl'];
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: '{"version":1}' }));
    client.destroy();
    const { exitCode, out } = await logs(await dead, '--json');
    expect([exitCode, new Set(events(out))]).toEqual([0, new Set(['message.unreadable'])]);
  });

  it('that are cut say so', async () => {
    const { exitCode, out, said } = await logs(refresh.id, '--limit', '1');
    expect([exitCode, out.trimEnd().split('\n')]).toEqual([1, [expect.stringContaining('request.answered')]]);
    expect(said).toMatch(/^More than 1 line from .*\nLines are missing: --limit takes more, --since begins later\.\n$/);
  });

  it('of nothing are none, and 0', async () => {
    expect(await logs('order-none', '--since', '1h')).toMatchObject({ exitCode: 0, out: '', said: /^0 lines from/ });
  });

  it.each<[string, readonly string[], RegExp]>([
    ['an unknown member', ['user-x', 'member-x'], /^This member is not known to the local stack/],
    ['no id', ['order 4711'], /^"order 4711" is no id/],
    ['nothing that says which', ['--since', '1h'], /^Which lines\? An id, a user and a member, --caller, /],
    ['an id and a caller', ['order-1', '--caller', 'shop'], /^An id and --caller ask for different lines: /],
    ['an unknown function', ['--function', 'follow'], /^There is no function follow here; there are check-balance, /],
    ['no time', ['order-1', '--since', 'monday'], /^--since is monday; it has to be like/],
  ])('refuse %s', async (_what, args, sentence) => {
    const { exitCode, out, said } = await logs(...args);
    expect([exitCode, out, said]).toEqual([2, '', expect.stringMatching(sentence)]);
  });
});

describe('tail', () => {
  const begin = (...args: string[]) => {
    const run = beginOps(['tail', '--local', ...args], env);
    /** Resolves when the output has `text`. */
    const shows = (text: string) =>
      new Promise<void>((resolve) => {
        let out = '';
        run.child.stdout?.on('data', (chunk) => {
          out += chunk;
          if (out.includes(text)) resolve();
        });
      });
    const begun = new Promise((resolve) => run.child.stderr?.once('data', resolve));
    return { ...run, shows, begun };
  };
  const request = (id: string) =>
    running.call('GET', `${member.path}/refreshes`, { headers: { 'x-correlation-id': id } });

  it('shows each line once, until Ctrl-C', async () => {
    const { child, ended, shows, begun } = begin('--json');
    await begun;
    const seen = shows('tail-2');
    await request('tail-1');
    await request('tail-2');
    await seen;
    child.kill('SIGINT');
    const { exitCode, out, said } = await ended;
    expect([exitCode, said]).toEqual([130, expect.stringMatching(/^Following \d+ functions · the local stack \S+\n$/)]);
    for (const id of ['tail-1', 'tail-2']) expect(out.split(`"${id}"`)).toHaveLength(2);
  });

  it('shows errors alone when told to', async () => {
    const { child, ended, shows } = begin('--errors', '--since', '1h');
    await shows('message.unreadable');
    child.kill('SIGINT');
    const { out } = await ended;
    expect(out).not.toContain('INFO');
    expect(out).toMatch(/^\S+Z (WARN |ERROR) follow-up message\.unreadable /m);
  });

  it('ends quietly when its output is closed', async () => {
    const { child, ended, begun } = begin('--since', '1h');
    child.stdout?.destroy();
    await begun;
    expect(await ended).toMatchObject({ exitCode: 141, said: expect.stringMatching(/^Following [^\n]*\n$/) });
  });
});

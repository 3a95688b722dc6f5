/** The operator’s commands about dead letters, as processes, against the running local stack. */
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeNextLook } from '../../shared/clients/messages.ts';
import { localEnvironment, ops } from './operators-command.ts';
import { type Running, startRunning } from './running.ts';

let running: Running;
let env: Record<string, string>;
let client: SQSClient;

beforeAll(async () => {
  running = await startRunning({ callbackLoopback: true });
  env = localEnvironment(running.project);
  const { awsEndpointUrl: endpoint, region, awsCredentials: credentials } = running.project.stack;
  client = new SQSClient({ endpoint, region, credentials });
});
afterAll(async () => {
  client?.destroy();
  await running?.close();
});

const send = (output: string, MessageBody: string) =>
  client.send(new SendMessageCommand({ QueueUrl: running.project.stack.outputs[output], MessageBody }));
const deadLetters = (...args: string[]) => ops(['dead-letters', ...args, '--local'], env);
const linesOf = (out: string) =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('dead letters', () => {
  it('are listed, shown and discarded', async () => {
    const { stack } = running.project;
    const dead = new Promise<string>((resolve) => stack.on('dead-letter', ({ messageId }) => resolve(messageId)));
    await send('FollowUpQueueUrl', '{"version":1,"balance":"4711.90"}');
    const id = await dead;
    const listed = await deadLetters('list', '--json');
    expect(listed.exitCode).toBe(0);
    expect(linesOf(listed.out)).toMatchObject([
      { queue: 'follow-ups', visible: 1, under_way: 0, seen: 1 },
      { message_id: id, queue: 'follow-ups', kind: 'unreadable', void: 'no release can read it' },
      { queue: 'starts', visible: 0 },
      { queue: 'callbacks', visible: 0 },
      { queue: 'ticks', visible: 0 },
    ]);
    const shown = await deadLetters('show', 'follow-ups', id);
    expect([shown.exitCode, shown.out]).toEqual([
      0,
      expect.stringMatching(/\nreason +a follow-up message cannot be read: /),
    ]);
    expect(listed.out + shown.out).not.toContain('4711');
    expect(await deadLetters('discard', 'follow-ups')).toMatchObject({
      exitCode: 5,
      said: expect.stringMatching(
        /\nDiscard 1 letter of follow-ups of the local stack \S+\? There is no terminal to ask at/,
      ),
    });
    expect(await deadLetters('discard', 'follow-ups', '--yes')).toMatchObject({ exitCode: 0 });
    expect(linesOf((await deadLetters('list', 'follow-ups', '--json')).out)).toMatchObject([{ visible: 0, seen: 0 }]);
  });

  it('are sent back, and worked on', async () => {
    const { path } = running.addMember();
    const { event } = await running.refresh(path);
    const data = event['data'] as { refresh_id: string; user_guid: string; member_guid: string };
    const member = { userGuid: data.user_guid, memberGuid: data.member_guid };
    const look = { refreshId: data.refresh_id, member, lookNumber: 2, correlationId: null, state: null };
    await send('FollowUpDeadLetterQueueUrl', encodeNextLook(look));
    const erase = JSON.stringify({
      version: 1,
      kind: 'erase',
      member: { user_guid: 'USR-none', member_guid: 'MBR-none' },
    });
    await send('FollowUpDeadLetterQueueUrl', erase);
    const worked = new Promise((resolve) =>
      running.project.stack.on('log', ({ line }) => {
        if (line.includes('"member.erased"')) resolve(line);
      }),
    );
    const sent = await deadLetters('redrive', 'follow-ups', '--yes', '--json');
    expect([sent.exitCode, linesOf(sent.out)]).toMatchObject([
      1,
      [
        { fate: 'void', letter: { refresh_id: data.refresh_id, void: 'the refresh has ended' } },
        { summary: { sent: 1, void: 1 } },
      ],
    ]);
    expect(await worked).toContain('MBR-none');
    expect(await deadLetters('redrive', '--discard-void', '--yes')).toMatchObject({ exitCode: 0 });
    expect(linesOf((await deadLetters('list', '--json')).out).map(({ seen }) => seen)).toEqual([0, 0, 0, 0]);
  });

  it('refuses unknown queues', async () => {
    const { exitCode, said } = await deadLetters('redrive', 'sweeps');
    expect([exitCode, said]).toEqual([
      2,
      expect.stringMatching(/Allowed choices are follow-ups, starts, callbacks, ticks/),
    ]);
  });
});

import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataOf, type Running, startRunning } from './running.ts';

describe('more looks than Lambda allows in a chain', () => {
  let running: Running;
  beforeAll(async () => {
    running = await startRunning({ maxLookGapSeconds: 1, deadlineSeconds: 90 });
  });
  afterAll(() => running.close());

  it('succeeds: its function may call itself that often', async () => {
    const looks: number[] = [];
    const dead: string[] = [];
    running.project.stack.on('dead-letter', ({ body }) => dead.push(body));
    running.project.stack.on('log', ({ line }) => {
      if (line.includes('follow_up.done')) looks.push((JSON.parse(line) as { look: number }).look);
    });
    // A look a second, and fewer on a busy machine.
    const member = running.addMember({ jobSeconds: 32 });
    const { event } = await running.refresh(member.path);
    await running.project.stack.idle();
    expect(dataOf(event)['outcome']).toBe('succeeded');
    expect(looks.length).toBeGreaterThan(17);
    expect(looks).toEqual(looks.map((_, index) => index + 1));
    expect(dead).toEqual([]);
  });

  it('what a sweep hands on comes back to it', async () => {
    const { stack } = running.project;
    const swept: unknown[] = [];
    stack.on('log', ({ line }) => {
      if (line.includes('sweep.done')) swept.push((JSON.parse(line) as { counts: object }).counts);
    });
    const sqs = new SQSClient({
      endpoint: stack.awsEndpointUrl,
      region: stack.region,
      credentials: stack.awsCredentials,
    });
    const rest = { version: 2, shard: 0, begun_at: '2026-01-01T00:00:00.000Z', after: null };
    const QueueUrl = stack.physicalId('SweepsQueue');
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(rest) }));
    sqs.destroy();
    await stack.idle();
    expect(swept).toEqual([expect.objectContaining({ dropped: 1 })]);
  });
});

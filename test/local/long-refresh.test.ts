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
    const member = running.addMember({ jobSeconds: 20 });
    const { event } = await running.refresh(member.path);
    await running.project.stack.idle();
    expect(dataOf(event)['outcome']).toBe('succeeded');
    expect(looks.length).toBeGreaterThan(17);
    expect(looks).toEqual(looks.map((_, index) => index + 1));
    expect(dead).toEqual([]);
  });
});

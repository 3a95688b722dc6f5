/** The sweep as it is wired: what it repairs, says and counts. */
import { afterEach, expect, it } from 'vitest';
import { type Deployed, deploy } from './deployed.ts';

let deployed: Deployed;
afterEach(() => deployed.close());

const lines = (event: string): readonly unknown[] =>
  deployed.lines
    .filter((line) => line.startsWith('{'))
    .flatMap((line) => {
      const read: { event?: string } = JSON.parse(line);
      return read.event === event ? [read] : [];
    });

it('ends what is overdue, and counts it', async () => {
  deployed = await deploy({});
  await deployed.trigger();
  deployed.at(700);
  await deployed.tick('Sweep');
  expect(deployed.published('refresh.failed')).toMatchObject([{ detail: { data: { outcome: 'timed_out' } } }]);
  expect(lines('sweep.done')).toMatchObject([{ counts: { end: 1, leave: 0, look: 0, failed: 0 } }]);
  expect(deployed.lines.filter((line) => line.includes('"SweepRepaired":1'))).toHaveLength(1);
});

it('queues a look whose message is lost, and counts it', async () => {
  deployed = await deploy({});
  await deployed.trigger();
  deployed.at(200);
  await deployed.tick('Sweep');
  expect(deployed.sent('FollowUps')).toHaveLength(2);
  expect(lines('sweep.done')).toMatchObject([{ counts: { look: 1, end: 0, failed: 0 } }]);
  expect(deployed.lines.filter((line) => line.includes('"SweepRepaired":1'))).toHaveLength(1);
});

it('has nothing to repair, and says so', async () => {
  deployed = await deploy({});
  await deployed.tick('Sweep');
  expect(lines('sweep.done')).toMatchObject([{ counts: { end: 0, publish: 0, look: 0, end_storing: 0, failed: 0 } }]);
});

const rest = (begunAt: string): string => {
  const body = { version: 2, shard: 0, begun_at: begunAt, after: null };
  return JSON.stringify(body);
};

it('goes on with what another sweep has left', async () => {
  deployed = await deploy({});
  await deployed.trigger();
  deployed.at(700);
  const begunAt = '2026-11-21T12:11:39.000Z';
  for (const shard of [0, 1, 2, 3]) {
    const after = { member: { user_guid: 'USR-0', member_guid: 'MBR-0' }, accepted_at: '2026-11-21T11:00:00.000Z' };
    await deployed.deliver('Sweep', JSON.stringify({ version: 2, shard, begun_at: begunAt, after }));
  }
  expect(deployed.published('refresh.failed')).toHaveLength(1);
  expect(lines('sweep.done')).toHaveLength(4);
});

it('drops a rest that is over a minute old', async () => {
  deployed = await deploy({});
  deployed.at(61);
  await deployed.deliver('Sweep', rest('2026-11-21T12:00:00.000Z'));
  expect(lines('sweep.done')).toMatchObject([{ counts: { dropped: 1 } }]);
});

it('fails for a rest that it cannot read', async () => {
  deployed = await deploy({});
  await expect(deployed.deliver('Sweep', '{"version":2}')).rejects.toThrow('a sweep message cannot be read');
});

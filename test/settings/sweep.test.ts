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

it('has nothing to repair, and says so', async () => {
  deployed = await deploy({});
  await deployed.tick('Sweep');
  expect(lines('sweep.done')).toMatchObject([{ counts: { end: 0, publish: 0, look: 0, end_storing: 0, failed: 0 } }]);
});

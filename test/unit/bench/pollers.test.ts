import { expect, it } from 'vitest';
import { handOver, type Load } from '../../bench/pollers.ts';

/** So many refreshes, so many milliseconds apart. */
const every = (apartMs: number, refreshes: number): readonly number[] =>
  Array.from({ length: refreshes }, (_, index) => (index * apartMs) / 1000);

const load: Load = { begins: every(1_000, 100), looks: [5], concurrency: 2, invocationMs: () => 300 };

it.each<[string, Partial<Load>, { mean: number; waitedSeconds: number }]>([
  ['one at a time when invocations are free', {}, { mean: 1, waitedSeconds: 0 }],
  ['every look of a refresh counts', { looks: [5, 8.5] }, { mean: 1, waitedSeconds: 0 }],
  // Both take one; the other 90 fill nine batches, two each 300 ms. The last one, after 1,500 ms, has those of 82 to 91 ms.
  ['ten at most', { begins: every(1, 92) }, { mean: 92 / 11, waitedSeconds: 1414 / 1000 }],
  ['no more at once than may be', { begins: every(1, 3) }, { mean: 1, waitedSeconds: 0.298 }],
  [
    'longer with more messages',
    { begins: every(1, 13), concurrency: 1, invocationMs: (messages) => 100 * messages },
    // One alone, ten after 100 ms, two after 1,100 ms.
    { mean: 13 / 3, waitedSeconds: 1.089 },
  ],
])('%s', (_, given, handed) => {
  const { mean, waitedSeconds } = handOver({ ...load, ...given });
  expect(mean).toBeCloseTo(handed.mean, 6);
  expect(waitedSeconds).toBeCloseTo(handed.waitedSeconds, 3);
});
